/* The exact kernel's data plane in C, for benchmarks/virtual_time.py: the same recursion per instance, the same
 * joins and leaves, the same counts and the same record of every request. The control loop is left out: when an
 * instance joins or leaves is given. RANDOM routing, no drain that is cut short. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, TIMED_OUT = 1, QUEUE_FULL = 4, ZONES = 3, BUCKETS = 4096, SHIFT = 45, OFFSET = 1003 << 7 };

typedef struct {
    const double *at, *service;
    const float *place;
    int64_t count;
    const double *moved_at; /* ascending moments at which an instance joins (+1) or leaves (-1) */
    const int64_t *moved;
    int64_t moves, most, concurrency, queue_limit;
    double timeout, limit;
    double *queue, *ended;
    uint8_t *outcome;
    int32_t *instance;
    int64_t *responses, *arrived, *bad;
} Run;

typedef struct {
    double *free_at, *left_at;
    int64_t *oldest, *number, *zone;
} Lanes;

static void leave(Lanes *lanes, int64_t lane, int64_t active, const Run *run) {
    int64_t behind = active - lane - 1;
    int64_t c = run->concurrency, q = run->queue_limit;
    memmove(lanes->free_at + lane * c, lanes->free_at + (lane + 1) * c, behind * c * sizeof(double));
    memmove(lanes->left_at + lane * q, lanes->left_at + (lane + 1) * q, behind * q * sizeof(double));
    memmove(lanes->oldest + lane, lanes->oldest + lane + 1, behind * sizeof(int64_t));
    memmove(lanes->number + lane, lanes->number + lane + 1, behind * sizeof(int64_t));
    memmove(lanes->zone + lane, lanes->zone + lane + 1, behind * sizeof(int64_t));
}

static int64_t newest_of_fullest(const Lanes *lanes, int64_t active) {
    int64_t by_zone[ZONES] = {0}, most = 0, found = 0;
    for (int64_t k = 0; k < active; k++) by_zone[lanes->zone[k]]++;
    for (int64_t z = 0; z < ZONES; z++) if (by_zone[z] > most) most = by_zone[z];
    for (int64_t k = 0; k < active; k++) if (by_zone[lanes->zone[k]] == most) found = k;
    return found;
}

static void join(Lanes *lanes, int64_t active, int64_t number, double now, const Run *run) {
    int64_t by_zone[ZONES] = {0}, zone = 0;
    for (int64_t k = 0; k < active; k++) by_zone[lanes->zone[k]]++;
    for (int64_t z = 1; z < ZONES; z++) if (by_zone[z] < by_zone[zone]) zone = z;
    for (int64_t s = 0; s < run->concurrency; s++) lanes->free_at[active * run->concurrency + s] = now;
    for (int64_t s = 0; s < run->queue_limit; s++) lanes->left_at[active * run->queue_limit + s] = -INFINITY;
    lanes->oldest[active] = 0;
    lanes->number[active] = number;
    lanes->zone[active] = zone;
}

void play(const Run *run) {
    Lanes lanes = {malloc(run->most * run->concurrency * sizeof(double)),
                   malloc(run->most * run->queue_limit * sizeof(double)), malloc(run->most * sizeof(int64_t)),
                   malloc(run->most * sizeof(int64_t)), malloc(run->most * sizeof(int64_t))};
    int64_t active = 0, named = 0, index = 0;
    for (int64_t move = 0; move <= run->moves; move++) {
        double before = move < run->moves ? run->moved_at[move] : INFINITY;
        for (; index < run->count && run->at[index] < before; index++) {
            double now = run->at[index];
            int64_t lane = (int64_t)((double)run->place[index] * active);
            int64_t minute = (int64_t)(now / 60.0);
            double *free_at = lanes.free_at + lane * run->concurrency;
            double start = free_at[0], give_up = now + run->timeout;
            run->arrived[minute]++;
            if (start > now) {
                int64_t turn = lanes.oldest[lane];
                double *left_at = lanes.left_at + lane * run->queue_limit;
                if (left_at[turn] > now) {
                    run->outcome[index] = QUEUE_FULL;
                    run->queue[index] = NAN;
                    run->ended[index] = now;
                    run->instance[index] = 0;
                    run->bad[minute]++;
                    continue;
                }
                left_at[turn] = start;
                lanes.oldest[lane] = turn + 1 < run->queue_limit ? turn + 1 : 0;
            } else {
                start = now;
            }
            double end = start + run->service[index], ended = end, queue = start - now;
            uint8_t outcome = OK;
            if (end > give_up) {
                outcome = TIMED_OUT;
                queue = (start < give_up ? start : give_up) - now;
                ended = give_up;
            }
            int64_t hole = 0;
            for (;;) {
                int64_t child = 2 * hole + 1;
                if (child >= run->concurrency) break;
                if (child + 1 < run->concurrency && free_at[child + 1] < free_at[child]) child++;
                if (free_at[child] >= end) break;
                free_at[hole] = free_at[child];
                hole = child;
            }
            free_at[hole] = end;
            run->queue[index] = queue;
            run->ended[index] = ended;
            run->outcome[index] = outcome;
            run->instance[index] = (int32_t)lanes.number[lane];
            double response = ended - now;
            if (outcome == OK) {
                int64_t bits;
                memcpy(&bits, &response, sizeof bits);
                int64_t bucket = (bits >> SHIFT) - OFFSET;
                bucket = bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : bucket;
                run->responses[bucket]++;
                run->bad[minute] += response > run->limit;
            } else {
                run->bad[minute]++;
            }
        }
        if (move == run->moves) break;
        if (run->moved[move] > 0) {
            join(&lanes, active++, ++named, run->moved_at[move], run);
        } else {
            leave(&lanes, newest_of_fullest(&lanes, active), active, run);
            active--;
        }
    }
    free(lanes.free_at);
    free(lanes.left_at);
    free(lanes.oldest);
    free(lanes.number);
    free(lanes.zone);
}
