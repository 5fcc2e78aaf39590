// SPDX-License-Identifier: MIT
/*
 * kernel/test.c - runs the self-tests and prints KTAP
 *
 * Cases lie in the section test_cases in link order: those of one file are
 * neighbours, so a suite is a run of cases with one suite name. A case that
 * fails prints both values, the place and the command that repeats it.
 */
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/rcu.h>
#include <kernel/sched_seed.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <arch/cpu.h>

extern const struct test_case __start_test_cases[], __stop_test_cases[];

struct test {
	const struct test_case *tc;
	enum test_status status;
	u32 nr_failures;
	const char *skip_reason;
};

/* A broken loop must not flood the console. */
#define MAX_FAILURES_SHOWN 20

static bool fail_shown(struct test *t)
{
	t->status = TEST_FAILED;
	if (t->nr_failures++ == MAX_FAILURES_SHOWN)
		console_printf("    # (further failures not shown)\n");
	return t->nr_failures <= MAX_FAILURES_SHOWN;
}

static void show_context(struct test *t)
{
	if (t->nr_failures == 1)
		dump_stack();
}

void test_fail(struct test *t, const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!fail_shown(t))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	console_printf("    # %s:%d: %s\n", file, line, text);
	show_context(t);
}

void test_skip(struct test *t, const char *reason)
{
	t->status = TEST_SKIPPED;
	t->skip_reason = reason;
}

void test_note(struct test *t __unused, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	console_printf("    # %s\n", text);
}

bool test_expect_int(struct test *t, const char *file, int line, const char *op,
		     const char *a_text, const char *b_text, s64 a, s64 b,
		     bool ok)
{
	if (!ok && fail_shown(t)) {
		console_printf("    # %s:%d: expected %s %s %s\n", file, line,
			       a_text, op, b_text);
		console_printf("    #   left  %ld (0x%lx)\n", a, (u64)a);
		console_printf("    #   right %ld (0x%lx)\n", b, (u64)b);
		show_context(t);
	}
	return ok;
}

bool test_expect_str(struct test *t, const char *file, int line,
		     const char *a_text, const char *b_text, const char *a,
		     const char *b)
{
	bool ok = !strcmp(a, b);

	if (!ok && fail_shown(t)) {
		console_printf("    # %s:%d: expected %s == %s\n", file, line,
			       a_text, b_text);
		console_printf("    #   left  \"%s\"\n", a);
		console_printf("    #   right \"%s\"\n", b);
		show_context(t);
	}
	return ok;
}

static bool case_matches_one(const struct test_case *tc, const char *glob)
{
	char full[128];

	if (tc->on_request && !str_has_prefix(glob, tc->suite))
		return false;
	snprintf(full, sizeof(full), "%s.%s", tc->suite, tc->name);
	return glob_match(glob, full) || glob_match(glob, tc->suite);
}

static bool case_matches(const struct test_case *tc, const char *globs)
{
	const char *comma = strchr(globs, ',');
	char glob[128];

	for (; comma; comma = strchr(globs, ',')) {
		snprintf(glob, sizeof(glob), "%.*s", (int)(comma - globs),
			 globs);
		if (case_matches_one(tc, glob))
			return true;
		globs = comma + 1;
	}
	return case_matches_one(tc, globs);
}

static u32 count_cases(const struct test_case *first, const char *suite,
		       const char *glob)
{
	u32 nr = 0;

	for (const struct test_case *tc = first;
	     tc < __stop_test_cases && !strcmp(tc->suite, suite); tc++)
		nr += case_matches(tc, glob);
	return nr;
}

/* With a seed the schedule of a case depends on all that ran before it. */
static void show_repeat(const struct test_case *tc)
{
	if (READ_ONCE(sched_seed_on))
		console_printf("    # repeat: with this sched.seed, the whole run\n");
	else
		console_printf("    # repeat: tools/vm --append selftest=%s.%s\n",
			       tc->suite, tc->name);
}

static enum test_status run_case(const struct test_case *tc, u32 number)
{
	struct test t = { .tc = tc };
	u64 start = arch_time_ns(), allowed = current->allowed;

	tc->fn(&t);
	if (arch_irqs_disabled())
		test_fail(&t, __FILE__, __LINE__, "left interrupts disabled");
	if (preempt_count())
		test_fail(&t, __FILE__, __LINE__, "left preemption disabled");
	if (current->allowed != allowed) {
		test_fail(&t, __FILE__, __LINE__, "left other CPUs allowed");
		set_cpus_allowed(current, allowed);
	}
	if (t.status == TEST_FAILED)
		show_repeat(tc);
	console_printf("    %s %u %s", t.status == TEST_FAILED ? "not ok" : "ok",
		       number, tc->name);
	if (t.status == TEST_SKIPPED)
		console_printf(" # SKIP %s\n", t.skip_reason);
	else
		console_printf(" # %lu us\n", (arch_time_ns() - start) / 1000);
	return t.status;
}

/* What earlier suites gave back is counted as free: nothing is on its way. */
static void settle(void)
{
	rcu_barrier();
	lru_add_drain_all();
}

/* Run the suite that starts at `first`; returns the case behind it. */
static const struct test_case *run_suite(const struct test_case *first,
					 const char *glob, u32 *suite_nr,
					 u32 totals[3])
{
	u32 nr = count_cases(first, first->suite, glob);
	u32 number = 0, failed = totals[TEST_FAILED];
	const struct test_case *tc = first;

	if (nr) {
		console_printf("    KTAP version 1\n    # Subtest: %s\n"
			       "    1..%u\n", first->suite, nr);
	}
	if (nr)
		settle();
	for (; tc < __stop_test_cases && !strcmp(tc->suite, first->suite); tc++)
		if (case_matches(tc, glob))
			totals[run_case(tc, ++number)]++;
	if (nr)
		console_printf("%s %u %s\n",
			       totals[TEST_FAILED] > failed ? "not ok" : "ok",
			       ++*suite_nr, first->suite);
	return tc;
}

static u32 count_suites(const char *glob)
{
	u32 nr = 0;

	for (const struct test_case *tc = __start_test_cases;
	     tc < __stop_test_cases;) {
		const char *suite = tc->suite;

		nr += count_cases(tc, suite, glob) != 0;
		while (tc < __stop_test_cases && !strcmp(tc->suite, suite))
			tc++;
	}
	return nr;
}

/*
 * Cases count pages and look where they lie, so nobody moves any meanwhile; who
 * tests kcompactd starts it.
 */
int test_run(const char *glob)
{
	u32 totals[3] = { 0 }, suite_nr = 0;
	u32 nr_suites = count_suites(glob);

	kcompactd_stop(mm_active);
	console_printf("KTAP version 1\n1..%u\n", nr_suites);
	for (const struct test_case *tc = __start_test_cases;
	     tc < __stop_test_cases;)
		tc = run_suite(tc, glob, &suite_nr, totals);
	kcompactd_run(mm_active);
	console_printf("# Totals: pass:%u fail:%u skip:%u\n",
		       totals[TEST_PASSED], totals[TEST_FAILED],
		       totals[TEST_SKIPPED]);
	if (!nr_suites) {
		console_printf("# no test matches '%s'\n", glob);
		return -1;
	}
	return (int)totals[TEST_FAILED];
}
