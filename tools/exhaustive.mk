# SPDX-License-Identifier: MIT
# tools/exhaustive.mk - walks through all states of a tiny zone
#
# Eight files of mm/ compiled anew with blocks of a few frames, without
# sanitizers: the walks visit millions of states. tests/host/test_exhaustive.py
# runs them. Included at the end of the Makefile, whose lists and flags it uses.

EX        := $(BUILD)/exhaustive
EX_CFLAGS := $(COMMON) -Wno-format-truncation -O2 -Iarch/host/include \
	-Wno-type-limits -fno-strict-aliasing -D_GNU_SOURCE -MMD -MP
EX_MM     := $(addprefix mm/,buddy.c pageblock.c freelist.c freelist_link.c \
	freelist_type.c freelist_check.c fallback.c \
	fallback_evacuate.c)

# Frames of a block as a power of two, and few classes, of two frames where a
# block has them.
EX_one_type  := -DPAGEBLOCK_ORDER=3 -DNR_FILL_CLASSES=4 -DNR_MIXED_CLASSES=3
EX_two_types := -DPAGEBLOCK_ORDER=1 -DNR_FILL_CLASSES=2 -DNR_MIXED_CLASSES=2
EX_WALKS     := one_type two_types

define walk_rules
$(EX)/$(1)/%.o: %.c $(FLAGS_FILE)
	@mkdir -p $$(@D)
	$$(call show,HOSTCC)
	$$(Q)$$(HOSTCC) $$(EX_CFLAGS) $$(EX_$(1)) -c $$< -o $$@

EX_$(1)_OBJ := $(patsubst %.c,$(EX)/$(1)/%.o,$(EX_MM) tests/exhaustive/exhaust.c tests/exhaustive/$(1).c)

$(EX)/$(1)/walk: $$(EX_$(1)_OBJ)
	$$(call show,HOSTLD)
	$$(Q)$$(HOSTCC) -o $$@ $$^
endef
$(foreach walk,$(EX_WALKS),$(eval $(call walk_rules,$(walk))))

# The random model without sanitizers: tests/host/test_planted.py plants bugs
# in files of it and of the walks, and needs the words to compile them with.
EX_model_OBJ := $(HOSTLIB_OBJ) \
	$(patsubst %,$(BUILD)/hostlib/%.o,tests/exhaustive/model kernel/test tests/kernel/test_page_model)
$(BUILD)/hostlib/tests/%.o: HOSTLIB_CFLAGS += -Wno-sign-compare -fno-toplevel-reorder

$(EX)/model/walk: $(EX_model_OBJ)
	@mkdir -p $(@D)
	$(call show,HOSTLD)
	$(Q)$(HOSTCC) -o $@ $^

# NAME, "compile" or "objects", words
$(EX)/commands: $(FLAGS_FILE) $(EX)/model/walk $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(Q){ $(foreach w,$(EX_WALKS),\
	echo '$(w) compile $(HOSTCC) $(EX_CFLAGS) $(EX_$(w))'; echo '$(w) objects $(EX_$(w)_OBJ)';) \
	echo 'model compile $(HOSTCC) $(HOSTLIB_CFLAGS)'; echo 'model objects $(EX_model_OBJ)'; } >$@

.PHONY: exhaustive
exhaustive: $(EX_WALKS:%=$(EX)/%/walk) $(EX)/model/walk $(EX)/commands
host: exhaustive
