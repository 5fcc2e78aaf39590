# SPDX-License-Identifier: MIT
# tools/exhaustive.mk - walks through all states of a tiny zone
#
# Four files of mm/ compiled anew with blocks of a few frames, without
# sanitizers: the walks visit millions of states. tests/host/test_exhaustive.py
# runs them. Included at the end of the Makefile, whose lists and flags it uses.

EX        := $(BUILD)/exhaustive
EX_CFLAGS := $(COMMON) -Wno-format-truncation -O2 -Iarch/host/include \
	-Wno-type-limits -fno-strict-aliasing -D_GNU_SOURCE -MMD -MP
EX_MM     := mm/buddy.c mm/pageblock.c mm/freelist.c mm/fallback.c

# Frames of a block as a power of two, and as few classes as tell them apart.
EX_one_type  := -DPAGEBLOCK_ORDER=3 -DNR_FILL_CLASSES=8 -DNR_MIXED_CLASSES=3
EX_two_types := -DPAGEBLOCK_ORDER=1 -DNR_FILL_CLASSES=2 -DNR_MIXED_CLASSES=2
EX_WALKS     := one_type two_types

define walk_rules
$(EX)/$(1)/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $$(@D)
	$$(call show,HOSTCC)
	$$(Q)$$(HOSTCC) $$(EX_CFLAGS) $$(EX_$(1)) -c $$< -o $$@

$(EX)/$(1)/walk: $(patsubst %.c,$(EX)/$(1)/%.o,$(EX_MM) tests/exhaustive/exhaust.c tests/exhaustive/$(1).c)
	$$(call show,HOSTLD)
	$$(Q)$$(HOSTCC) -o $$@ $$^
endef
$(foreach walk,$(EX_WALKS),$(eval $(call walk_rules,$(walk))))

.PHONY: exhaustive
exhaustive: $(EX_WALKS:%=$(EX)/%/walk)
host: exhaustive
