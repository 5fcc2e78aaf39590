// SPDX-License-Identifier: MIT
/*
 * kernel/base/ubsan.c - what the compiler's checks call when they fail
 *
 *	a << n		if (n > 31) __ubsan_handle_shift_out_of_bounds(&where, a, n)
 *
 * Part of the kernel by `make UBSAN=1` only. Names, arguments and the records
 * behind them are fixed by GCC and clang (libsanitizer, ubsan_handlers.h). A
 * value that fits a register comes as it is, a wider one as its address; its
 * type record says which and how to read it. Each place reports once: a bit in
 * the column of its record notes that it did.
 *
 * The functions here are checked as all others are. What goes wrong while a
 * finding is being reported is not reported.
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/ubsan.h>
#include <arch/percpu.h>

struct source_location {
	const char *file;
	u32 line;
	u32 column;
};

#define REPORTED (1u << 31)

enum { KIND_INT = 0 };

struct type_descriptor {
	u16 kind; /* KIND_INT, or something that has no value to print */
	u16 info; /* of an integer: bit 0 signed, then log2 of its width */
	char name[];
};

struct type_mismatch {
	struct source_location at;
	const struct type_descriptor *type;
	u8 log_alignment;
	u8 check;
};

struct overflow {
	struct source_location at;
	const struct type_descriptor *type;
};

struct shift {
	struct source_location at;
	const struct type_descriptor *left, *right;
};

struct bounds {
	struct source_location at;
	const struct type_descriptor *array, *index;
};

/* Of a record whose first member is all that is needed. */
struct place {
	struct source_location at;
};

struct invalid_builtin {
	struct source_location at;
	u8 kind;
};

const char *const ubsan_kind_names[NR_UBSAN_KINDS] = {
	[UBSAN_NONE] = "nothing",
	[UBSAN_OVERFLOW] = "signed integer overflow",
	[UBSAN_DIVISION] = "division",
	[UBSAN_SHIFT] = "shift out of bounds",
	[UBSAN_BOUNDS] = "array index out of bounds",
	[UBSAN_NULL] = "null pointer",
	[UBSAN_ALIGNMENT] = "misaligned access",
	[UBSAN_OBJECT_SIZE] = "insufficient object size",
	[UBSAN_BAD_VALUE] = "load of an invalid value",
	[UBSAN_POINTER] = "pointer overflow",
	[UBSAN_VLA] = "array size that is not positive",
	[UBSAN_NONNULL] = "null where null must not be",
	[UBSAN_BUILTIN] = "bad argument of a builtin",
	[UBSAN_UNREACHABLE] = "unreachable code reached",
};

#define TEXT_MAX 192

static struct {
	struct thread *thread; /* NULL: nobody expects anything */
	bool leave;
	enum ubsan_kind found;
	char text[TEXT_MAX];
} expected;

static DEFINE_PER_CPU(u32, reporting);

/* --- reporting --- */

static bool first_time(struct source_location *at)
{
	return !(__atomic_fetch_or(&at->column, REPORTED, __ATOMIC_RELAXED) &
		 REPORTED);
}

static bool is_expected(void)
{
	return READ_ONCE(expected.thread) && expected.thread == current;
}

static void note_expected(enum ubsan_kind kind, const char *text)
{
	expected.found = kind;
	strscpy(expected.text, text, sizeof(expected.text));
	WRITE_ONCE(expected.thread, NULL);
	if (expected.leave)
		kthread_exit(0);
}

static void show(const struct source_location *at, const char *text)
{
	char what[TEXT_MAX + 8];

	snprintf(what, sizeof(what), "UBSAN: %s", text);
	warn_report(at->file, (int)at->line, what);
}

static void report(struct source_location *at, enum ubsan_kind kind,
		   const char *fmt, ...) __printf(3, 4);

static void report(struct source_location *at, enum ubsan_kind kind,
		   const char *fmt, ...)
{
	char text[TEXT_MAX];
	size_t used;
	va_list ap;

	if (this_cpu_read(reporting))
		return;
	used = (size_t)snprintf(text, sizeof(text),
				"%s: ", ubsan_kind_names[kind]);
	va_start(ap, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
	if (is_expected()) {
		note_expected(kind, text);
		return;
	}
	if (!first_time(at))
		return;
	preempt_disable();
	this_cpu_write(reporting, 1);
	show(at, text);
	this_cpu_write(reporting, 0);
	preempt_enable();
}

void ubsan_expect(bool leave)
{
	expected.found = UBSAN_NONE;
	expected.text[0] = '\0';
	expected.leave = leave;
	WRITE_ONCE(expected.thread, current);
}

enum ubsan_kind ubsan_take(const char **text)
{
	WRITE_ONCE(expected.thread, NULL);
	*text = expected.text;
	return expected.found;
}

/* --- values --- */

#define VALUE_MAX 24

/* Wider than a register: its lower half will do. */
static u64 value_bits(const struct type_descriptor *type, u64 value)
{
	u32 width = 1u << (type->info >> 1);

	return width > 64 ? *(const u64 *)value : value;
}

static s64 sign_extend(u64 bits, u32 width)
{
	u32 unused = width < 64 ? 64 - width : 0;

	return (s64)(bits << unused) >> unused;
}

static const char *format_value(const struct type_descriptor *type, u64 value,
				char buf[static VALUE_MAX])
{
	u64 bits;

	if (type->kind != KIND_INT) {
		snprintf(buf, VALUE_MAX, "?");
		return buf;
	}
	bits = value_bits(type, value);
	if (type->info & 1)
		snprintf(buf, VALUE_MAX, "%ld",
			 sign_extend(bits, 1u << (type->info >> 1)));
	else
		snprintf(buf, VALUE_MAX, "%lu", bits);
	return buf;
}

static bool is_negative(const struct type_descriptor *type, u64 value)
{
	return type->kind == KIND_INT && (type->info & 1) &&
	       sign_extend(value_bits(type, value), 1u << (type->info >> 1)) < 0;
}

/* --- what compilers call; no header declares these for C --- */

#define HANDLER(name, ...)                       \
	void __ubsan_handle_##name(__VA_ARGS__); \
	void __ubsan_handle_##name(__VA_ARGS__)

static void report_overflow(struct overflow *data, const char *op, u64 left,
			    u64 right)
{
	char a[VALUE_MAX], b[VALUE_MAX];

	report(&data->at, UBSAN_OVERFLOW, "%s %s %s does not fit %s",
	       format_value(data->type, left, a), op,
	       format_value(data->type, right, b), data->type->name);
}

HANDLER(add_overflow, struct overflow *data, u64 left, u64 right)
{
	report_overflow(data, "+", left, right);
}

HANDLER(sub_overflow, struct overflow *data, u64 left, u64 right)
{
	report_overflow(data, "-", left, right);
}

HANDLER(mul_overflow, struct overflow *data, u64 left, u64 right)
{
	report_overflow(data, "*", left, right);
}

HANDLER(negate_overflow, struct overflow *data, u64 value)
{
	char a[VALUE_MAX];

	report(&data->at, UBSAN_OVERFLOW, "-(%s) does not fit %s",
	       format_value(data->type, value, a), data->type->name);
}

HANDLER(divrem_overflow, struct overflow *data, u64 left, u64 right)
{
	char a[VALUE_MAX], b[VALUE_MAX];

	report(&data->at, UBSAN_DIVISION, "%s by %s, type %s",
	       format_value(data->type, left, a),
	       format_value(data->type, right, b), data->type->name);
}

HANDLER(shift_out_of_bounds, struct shift *data, u64 left, u64 right)
{
	char a[VALUE_MAX], b[VALUE_MAX];

	report(&data->at, UBSAN_SHIFT, "%s of %s by %s%s", data->left->name,
	       format_value(data->left, left, a),
	       format_value(data->right, right, b),
	       is_negative(data->left, left) ? ", and negative" : "");
}

HANDLER(out_of_bounds, struct bounds *data, u64 index)
{
	char a[VALUE_MAX];

	report(&data->at, UBSAN_BOUNDS, "[%s] of %s",
	       format_value(data->index, index, a), data->array->name);
}

static enum ubsan_kind mismatch_kind(const struct type_mismatch *data, u64 ptr)
{
	if (!ptr)
		return UBSAN_NULL;
	if (ptr & ((1UL << data->log_alignment) - 1))
		return UBSAN_ALIGNMENT;
	return UBSAN_OBJECT_SIZE;
}

HANDLER(type_mismatch_v1, struct type_mismatch *data, u64 ptr)
{
	static const char *const checks[] = {
		"load of",
		"store to",
		"reference to",
		"member access within",
		"member call on",
		"constructor call on",
		"downcast of",
		"downcast of",
		"upcast of",
		"virtual cast of",
		"nonnull binding to",
		"dynamic operation on",
	};
	const char *check = data->check < ARRAY_SIZE(checks) ?
				    checks[data->check] :
				    "use of";

	report(&data->at, mismatch_kind(data, ptr),
	       "%s %s at 0x%lx, alignment %lu", check, data->type->name, ptr,
	       1UL << data->log_alignment);
}

HANDLER(load_invalid_value, struct overflow *data, u64 value)
{
	char a[VALUE_MAX];

	report(&data->at, UBSAN_BAD_VALUE, "%s is none of %s",
	       format_value(data->type, value, a), data->type->name);
}

HANDLER(pointer_overflow, struct place *data, u64 base, u64 result)
{
	report(&data->at, UBSAN_POINTER, "from 0x%lx to 0x%lx", base, result);
}

HANDLER(vla_bound_not_positive, struct overflow *data, u64 bound)
{
	char a[VALUE_MAX];

	report(&data->at, UBSAN_VLA, "%s", format_value(data->type, bound, a));
}

HANDLER(nonnull_arg, struct place *data)
{
	report(&data->at, UBSAN_NONNULL, "an argument");
}

HANDLER(nonnull_return_v1, struct place *data __unused,
	struct source_location *at)
{
	report(at, UBSAN_NONNULL, "the value of a function");
}

HANDLER(invalid_builtin, struct invalid_builtin *data)
{
	report(&data->at, UBSAN_BUILTIN, "0 passed to %s",
	       data->kind ? "clz" : "ctz");
}

HANDLER(builtin_unreachable, struct place *data)
{
	report(&data->at, UBSAN_UNREACHABLE, "what the compiler left out");
	panic("UBSAN: unreachable code at %s:%u", data->at.file, data->at.line);
}
