variable "variant" {
  type    = string
  default = "AllTraffic"
}

variable "model_name" {
  type        = string
  description = "The model to serve; scaling does not depend on it."
}

variable "instance_type" {
  type    = string
  default = "ml.m5.large"
}

variable "max_capacity" {
  type    = number
  default = 12
}

variable "surge" {
  type    = bool
  default = true
}

locals {
  name = lower("Ranker")
}
