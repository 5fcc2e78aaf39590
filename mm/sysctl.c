// SPDX-License-Identifier: MIT
/*
 * mm/sysctl.c - a table of knobs
 *
 * A knob is written to its field in struct mm_state; then the zones are
 * brought into line: watermarks recomputed (which takes the boost back), the
 * stacks' sizes recomputed, or the zones' own copies renewed. Before the zones
 * are built there are none to change, and building them takes the fields as
 * they are: so one table serves the command line and /proc/sys/vm.
 *
 * Names, defaults and ranges are Linux's; fallback_policy and placement are
 * Tangram's own. A user's min_free_kbytes counts as written, even below the
 * formula's.
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/sysctl.h>

#define INT_MAX	   0x7fffffffUL
#define NUMBER_MAX 40

/* --- zones follow --- */

static void renew_stacks(struct mm_state *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		if (zone->pcp)
			pcp_update_high(mm, zone);
}

/* high of the stacks follows from the low watermark. */
static void renew_watermarks(struct mm_state *mm)
{
	setup_per_zone_wmarks(mm);
	renew_stacks(mm);
}

static void renew_copies(struct mm_state *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone) {
		u64 flags = spin_lock_irqsave(&zone->lock);

		zone->policy = mm->fallback_policy;
		zone->place_fullest = mm->place_fullest;
		zone->boost_factor = mm->watermark_boost_factor;
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* --- one knob after the other --- */

static bool fits_int(u64 value)
{
	return value <= INT_MAX;
}

static u64 read_min_free_kbytes(const struct mm_state *mm, u32 i __unused)
{
	return mm->min_free_kbytes;
}

static void write_min_free_kbytes(struct mm_state *mm, const u64 *values)
{
	mm->min_free_kbytes = mm->params.user_min_free_kbytes = values[0];
	mm->params.has_min_free_kbytes = true;
	renew_watermarks(mm);
}

static bool is_scale_factor(u64 value)
{
	return value >= 1 && value <= 3000;
}

static u64 read_watermark_scale_factor(const struct mm_state *mm, u32 i __unused)
{
	return mm->params.watermark_scale_factor;
}

static void write_watermark_scale_factor(struct mm_state *mm, const u64 *values)
{
	mm->params.watermark_scale_factor = (u32)values[0];
	renew_watermarks(mm);
}

static u64 read_watermark_boost_factor(const struct mm_state *mm, u32 i __unused)
{
	return mm->watermark_boost_factor;
}

static void write_watermark_boost_factor(struct mm_state *mm, const u64 *values)
{
	mm->watermark_boost_factor = values[0];
	renew_copies(mm);
}

static u64 read_lowmem_reserve_ratio(const struct mm_state *mm, u32 i)
{
	return mm->params.lowmem_reserve_ratio[i];
}

static void write_lowmem_reserve_ratio(struct mm_state *mm, const u64 *values)
{
	for (u32 i = 0; i < MAX_NR_ZONES; i++)
		mm->params.lowmem_reserve_ratio[i] = (u32)values[i];
	setup_per_zone_lowmem_reserve(mm);
}

static bool is_high_fraction(u64 value)
{
	return value == 0 || (value >= 8 && value <= INT_MAX);
}

static u64 read_percpu_pagelist_high_fraction(const struct mm_state *mm,
					      u32 i __unused)
{
	return mm->pcp_high_fraction;
}

static void write_percpu_pagelist_high_fraction(struct mm_state *mm,
						const u64 *values)
{
	mm->pcp_high_fraction = (u32)values[0];
	renew_stacks(mm);
}

static bool is_switch(u64 value)
{
	return value <= 1;
}

static u64 read_defrag_mode(const struct mm_state *mm, u32 i __unused)
{
	return mm->defrag_mode;
}

static void write_defrag_mode(struct mm_state *mm, const u64 *values)
{
	mm->defrag_mode = values[0] != 0;
}

static const char *policy_word(u64 value)
{
	return value < nr_fallback_policies ? fallback_policies[value].name :
					      NULL;
}

static u64 read_fallback_policy(const struct mm_state *mm, u32 i __unused)
{
	return (u64)(mm->fallback_policy - fallback_policies);
}

static void write_fallback_policy(struct mm_state *mm, const u64 *values)
{
	mm->fallback_policy = &fallback_policies[values[0]];
	renew_copies(mm);
}

static const char *placement_word(u64 value)
{
	static const char *const words[] = { "buddy", "fullest" };

	return value < ARRAY_SIZE(words) ? words[value] : NULL;
}

static u64 read_placement(const struct mm_state *mm, u32 i __unused)
{
	return mm->place_fullest;
}

static void write_placement(struct mm_state *mm, const u64 *values)
{
	mm->place_fullest = values[0] != 0;
	renew_copies(mm);
}

static const char *strategy_word(u64 value)
{
	return value < nr_compact_strategies ? compact_strategies[value].name :
					       NULL;
}

static u64 read_compact_strategy(const struct mm_state *mm, u32 i __unused)
{
	return (u64)(mm->compact.strategy - compact_strategies);
}

static void write_compact_strategy(struct mm_state *mm, const u64 *values)
{
	compact_set_strategy(mm, &compact_strategies[values[0]]);
}

static bool is_per_mille(u64 value)
{
	return value <= 1000;
}

static u64 read_extfrag_threshold(const struct mm_state *mm, u32 i __unused)
{
	return mm->compact.extfrag_threshold;
}

static void write_extfrag_threshold(struct mm_state *mm, const u64 *values)
{
	mm->compact.extfrag_threshold = (u32)values[0];
}

static bool is_percent(u64 value)
{
	return value <= 100;
}

static u64 read_compaction_proactiveness(const struct mm_state *mm,
					 u32 i __unused)
{
	return mm->compact.proactiveness;
}

static void write_compaction_proactiveness(struct mm_state *mm,
					   const u64 *values)
{
	WRITE_ONCE(mm->compact.proactiveness, (u32)values[0]);
	if (values[0])
		kcompactd_look_now(mm);
}

static u64 read_compact_unevictable_allowed(const struct mm_state *mm,
					    u32 i __unused)
{
	return mm->compact.unevictable_allowed;
}

static void write_compact_unevictable_allowed(struct mm_state *mm,
					      const u64 *values)
{
	compact_allow_unevictable(mm, values[0] != 0);
}

static const char *trigger_word(u64 bit)
{
	static const char *const words[] = { "failure", "threshold", "idle" };

	return bit < ARRAY_SIZE(words) ? words[bit] : NULL;
}

static u64 read_compact_trigger(const struct mm_state *mm, u32 i __unused)
{
	return mm->compact.trigger;
}

static void write_compact_trigger(struct mm_state *mm, const u64 *values)
{
	mm->compact.trigger = (u32)values[0];
	compact_renew_watch(mm);
}

static u64 read_compact_thresholds(const struct mm_state *mm, u32 i)
{
	return mm->compact.thresholds[i];
}

static void write_compact_thresholds(struct mm_state *mm, const u64 *values)
{
	for (u32 i = 0; i < NR_PAGE_ORDERS; i++)
		mm->compact.thresholds[i] = (u32)values[i];
	compact_renew_watch(mm);
}

static bool any_number(u64 value __unused)
{
	return true;
}

static u64 read_nr_hugepages(const struct mm_state *mm, u32 i __unused)
{
	return hugetlb_nr(mm);
}

static void write_nr_hugepages(struct mm_state *mm, const u64 *values)
{
	hugetlb_resize(mm, NUMA_NO_NODE, values[0]);
}

static u64 read_nr_overcommit_hugepages(const struct mm_state *mm,
					u32 i __unused)
{
	return mm->hugetlb.overcommit;
}

static void write_nr_overcommit_hugepages(struct mm_state *mm, const u64 *values)
{
	hugetlb_set_overcommit(mm, values[0]);
}

/* --- the table --- */

#define KNOB(name_) .name = #name_, .read = read_##name_, .write = write_##name_

const struct sysctl vm_sysctls[] = {
	{ KNOB(min_free_kbytes), .nr_values = 1, .allowed = fits_int,
	  .range = "0 to 2147483647",
	  .help = "KiB that all zones together keep free (their min marks)" },
	{ KNOB(watermark_scale_factor), .nr_values = 1,
	  .allowed = is_scale_factor, .range = "1 to 3000",
	  .help = "distance between the marks, in 1/10000 of the zone" },
	{ KNOB(watermark_boost_factor), .nr_values = 1, .allowed = fits_int,
	  .range = "0 to 2147483647; 0 is off",
	  .help = "most that a fallback raises the marks, in 1/10000 of high" },
	{ KNOB(lowmem_reserve_ratio), .nr_values = MAX_NR_ZONES,
	  .allowed = fits_int, .range = "up to five of 0 to 2147483647; 0 is off",
	  .help = "1/N of the zones above is kept from their requests" },
	{ KNOB(percpu_pagelist_high_fraction), .nr_values = 1,
	  .allowed = is_high_fraction, .range = "0, or 8 to 2147483647",
	  .help = "per-CPU stacks hold up to 1/N of a zone; 0: by low mark" },
	{ KNOB(defrag_mode), .nr_values = 1, .allowed = is_switch,
	  .range = "0 or 1",
	  .help = "1: mix types in a block only when all else has failed" },
	{ KNOB(fallback_policy), .nr_values = 1, .word = policy_word,
	  .range = "linux, classic, mixed or evacuate",
	  .help = "whose block a type uses when it has none of its own" },
	{ KNOB(placement), .nr_values = 1, .word = placement_word,
	  .range = "buddy or fullest",
	  .help = "which block single frames come from" },
	{ KNOB(compact_strategy), .nr_values = 1, .word = strategy_word,
	  .range = "guided, linux or classic",
	  .help = "which pages are moved where to make a large chunk" },
	{ KNOB(extfrag_threshold), .nr_values = 1, .allowed = is_per_mille,
	  .range = "0 to 1000",
	  .help = "linear strategies start when the index is above it" },
	{ KNOB(compaction_proactiveness), .nr_values = 1, .allowed = is_percent,
	  .range = "0 to 100; 0 is off",
	  .help = "how much kcompactd does before anybody asks" },
	{ KNOB(compact_unevictable_allowed), .nr_values = 1, .allowed = is_switch,
	  .range = "0 or 1", .help = "1: pages of mlock() are moved, too" },
	{ KNOB(compact_trigger), .nr_values = 1, .word = trigger_word,
	  .words_combine = true,
	  .range = "failure, threshold and idle with commas between, or none",
	  .help = "what wakes kcompactd: docs/compaction-triggers.md" },
	{ KNOB(compact_thresholds), .nr_values = NR_PAGE_ORDERS,
	  .allowed = is_per_mille, .range = "up to eleven of 0 to 1000; 0 is off",
	  .help = "1/1000 of a zone to be free in chunks of order 0, 1, ..." },
	{ KNOB(nr_hugepages), .nr_values = 1, .allowed = any_number,
	  .range = "a number of pages",
	  .help = "huge pages (2 MiB) set aside, as far as there is memory" },
	{ KNOB(nr_overcommit_hugepages), .nr_values = 1, .allowed = any_number,
	  .range = "a number of pages",
	  .help = "huge pages that may be taken beyond those set aside" },
};
const u32 nr_vm_sysctls = ARRAY_SIZE(vm_sysctls);

_Static_assert(MAX_NR_ZONES <= SYSCTL_MAX_VALUES, "a ratio for each zone");
_Static_assert(NR_PAGE_ORDERS <= SYSCTL_MAX_VALUES, "a share for each order");

const struct sysctl *sysctl_find(const char *name)
{
	for (u32 i = 0; i < nr_vm_sysctls; i++)
		if (!strcmp(vm_sysctls[i].name, name))
			return &vm_sysctls[i];
	return NULL;
}

/* --- text --- */

/* A bit for each word. */
static size_t read_words(const struct sysctl *ctl, u64 set, char *text)
{
	size_t len = 0;

	for (u32 bit = 0; ctl->word(bit); bit++)
		if (set >> bit & 1)
			len += (size_t)snprintf(text + len,
						SYSCTL_TEXT_MAX - len,
						len ? ",%s" : "%s",
						ctl->word(bit));
	if (!len)
		len = (size_t)snprintf(text, SYSCTL_TEXT_MAX, "none");
	return len;
}

size_t sysctl_read(const struct mm_state *mm, const struct sysctl *ctl,
		   char text[static SYSCTL_TEXT_MAX])
{
	size_t len = 0;

	if (ctl->words_combine)
		return read_words(ctl, ctl->read(mm, 0), text);
	if (ctl->word)
		return (size_t)snprintf(text, SYSCTL_TEXT_MAX, "%s",
					ctl->word(ctl->read(mm, 0)));
	for (u32 i = 0; i < ctl->nr_values; i++)
		len += (size_t)snprintf(text + len, SYSCTL_TEXT_MAX - len,
					i ? "\t%lu" : "%lu", ctl->read(mm, i));
	return len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

static int parse_word(const struct sysctl *ctl, const char *word, u64 *value)
{
	for (*value = 0; ctl->word(*value); ++*value)
		if (!strcmp(ctl->word(*value), word))
			return 0;
	return -EINVAL;
}

/* "a,c", "none"; word is cut to pieces. */
static int parse_words(const struct sysctl *ctl, char *word, u64 *value)
{
	u64 bit;

	*value = 0;
	if (!strcmp(word, "none"))
		return 0;
	for (char *comma = word; comma; word = comma + 1) {
		comma = strchr(word, ',');
		if (comma)
			*comma = '\0';
		if (parse_word(ctl, word, &bit))
			return -EINVAL;
		*value |= 1UL << bit;
	}
	return 0;
}

static int parse_value(const struct sysctl *ctl, char *word, u64 *value)
{
	if (ctl->words_combine)
		return parse_words(ctl, word, value);
	if (ctl->word)
		return parse_word(ctl, word, value);
	if (kstrtou64(word, 0, value) || !ctl->allowed(*value))
		return -EINVAL;
	return 0;
}

/* The next word of text[*at .. len); false: none. Longer ones are cut. */
static bool next_word(const char *text, size_t len, size_t *at,
		      char word[static NUMBER_MAX])
{
	size_t n = 0;

	while (*at < len && is_blank(text[*at]))
		++*at;
	for (; *at < len && !is_blank(text[*at]); ++*at)
		if (n + 1 < NUMBER_MAX)
			word[n++] = text[*at];
	word[n] = '\0';
	return n != 0;
}

int sysctl_write(struct mm_state *mm, const struct sysctl *ctl,
		 const char *text, size_t len)
{
	u64 values[SYSCTL_MAX_VALUES];
	char word[NUMBER_MAX];
	size_t at = 0;
	u32 nr = 0;

	for (u32 i = 0; i < ctl->nr_values; i++)
		values[i] = ctl->read(mm, i);
	while (next_word(text, len, &at, word)) {
		if (nr == ctl->nr_values || parse_value(ctl, word, &values[nr]))
			return -EINVAL;
		nr++;
	}
	if (!nr)
		return -EINVAL;
	ctl->write(mm, values);
	return 0;
}

void sysctl_apply_early(struct mm_state *mm)
{
	if (!mm->params.has_min_free_kbytes)
		return;
	mm->min_free_kbytes = mm->params.user_min_free_kbytes;
	renew_watermarks(mm);
}
