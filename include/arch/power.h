/* SPDX-License-Identifier: MIT */
/*
 * include/arch/power.h - what firmware says about switching off and resetting
 *
 * Context  boot, once. Leaving itself is in arch/cpu.h.
 */
#pragma once

struct acpi_s5;

void power_init(const struct acpi_s5 *from_acpi);
