# SPDX-License-Identifier: MIT
# tools/soak.mk - tortures for hours: docs/testing.md

HOURS ?= 1

.PHONY: soak
soak: $(BUILD)/tangram.elf $(INITRAMFS) $(BUILD)/host/selftest ## tortures with ever new seeds, until one fails (HOURS=n SEED=first)
	@tools/soak --hours $(HOURS) --first $(SEED)
