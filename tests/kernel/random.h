/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/random.h>
