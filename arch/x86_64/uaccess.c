// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/uaccess.c - copies to and from a program's memory
 *
 *	access_ok()	the range is the program's, not the kernel's
 *	stac		SMAP lets the kernel through: smap.c
 *	1: rep movsq	the instruction that may fault; while the fault handler
 *			can make the page appear, it just goes on
 *	clac
 *
 * When it can't, traps.c goes on at the label that the exception table has for
 * the instruction. A string instruction leaves in rcx what isn't done, so the
 * answer to "how much is missing" is there, to the byte: what words could not
 * do is tried in bytes.
 */
#include <kernel/errno.h>
#include <kernel/preempt.h>
#include <arch/extable.h>
#include <arch/uaccess.h>

#define SMAP_SITE(last)                                        \
	"771: .byte 0x0f, 0x1f, 0x00\n\t"                      \
	".pushsection .smap_sites, \"a\"\n\t.quad 771b, " last \
	"\n\t.popsection\n\t"
#define STAC SMAP_SITE("0xcb")
#define CLAC SMAP_SITE("0xca")

/* Bytes not copied. One of the two addresses is a program's. */
static u64 user_copy(void *to, const void *from, u64 size)
{
	u64 tail = size & 7, count = size >> 3;

	__asm__ __volatile__(STAC "1:	rep movsq\n\t"
				  "movq %[tail], %%rcx\n"
				  "2:	rep movsb\n"
				  "3:\n\t" CLAC "jmp 5f\n"
				  "4:	leaq (%[tail], %%rcx, 8), %%rcx\n\t"
				  "jmp 2b\n" EXTABLE("1b", "4b", 1)
					  EXTABLE("2b", "3b", 1) "5:\n"
			     : "+D"(to), "+S"(from), "+c"(count)
			     : [tail] "r"(tail)
			     : "memory");
	return count;
}

static u64 user_clear(u64 to, u64 size)
{
	u64 tail = size & 7, count = size >> 3;

	__asm__ __volatile__(STAC "1:	rep stosq\n\t"
				  "movq %[tail], %%rcx\n"
				  "2:	rep stosb\n"
				  "3:\n\t" CLAC "jmp 5f\n"
				  "4:	leaq (%[tail], %%rcx, 8), %%rcx\n\t"
				  "jmp 2b\n" EXTABLE("1b", "4b", 1)
					  EXTABLE("2b", "3b", 1) "5:\n"
			     : "+D"(to), "+c"(count)
			     : [tail] "r"(tail), "a"(0)
			     : "memory");
	return count;
}

u64 copy_from_user(void *to, u64 from, u64 size)
{
	might_sleep();
	return access_ok(from, size) ? user_copy(to, (void *)from, size) : size;
}

u64 copy_to_user(u64 to, const void *from, u64 size)
{
	might_sleep();
	return access_ok(to, size) ? user_copy((void *)to, from, size) : size;
}

u64 clear_user(u64 to, u64 size)
{
	might_sleep();
	return access_ok(to, size) ? user_clear(to, size) : size;
}

/* With preemption off the fault handler doesn't fault in. */
u64 copy_from_user_nofault(void *to, u64 from, u64 size)
{
	u64 left = size;

	preempt_disable();
	if (access_ok(from, size))
		left = user_copy(to, (void *)from, size);
	preempt_enable();
	return left;
}

u64 copy_to_user_nofault(u64 to, const void *from, u64 size)
{
	u64 left = size;

	preempt_disable();
	if (access_ok(to, size))
		left = user_copy((void *)to, from, size);
	preempt_enable();
	return left;
}

/* --- strings --- */

/* Length without NUL, max if there is none, -EFAULT. max isn't 0. */
static s64 user_string(char *to, u64 from, u64 max)
{
	u64 left = max;
	s64 err = 0;
	u8 byte;

	__asm__ __volatile__(
		STAC "1:	movb (%[from]), %b[byte]\n\t"
		     "movb %b[byte], (%[to])\n\t"
		     "testb %b[byte], %b[byte]\n\t"
		     "jz 2f\n\t"
		     "incq %[from]\n\t"
		     "incq %[to]\n\t"
		     "decq %[left]\n\t"
		     "jnz 1b\n"
		     "2:\n\t" CLAC "jmp 4f\n"
		     "3:	movq %[efault], %[err]\n\t"
		     "jmp 2b\n" EXTABLE("1b", "3b", 1) "4:\n"
		: [to] "+r"(to), [from] "+r"(from), [left] "+r"(left),
		  [err] "+r"(err), [byte] "=&q"(byte)
		: [efault] "i"(-EFAULT)
		: "memory", "cc");
	return err ? err : (s64)(max - left);
}

s64 strncpy_from_user(char *to, u64 from, s64 size)
{
	u64 max;
	s64 len;

	might_sleep();
	if (size <= 0 || from >= TASK_SIZE)
		return size ? -EFAULT : 0;
	max = min((u64)size, TASK_SIZE - from);
	len = user_string(to, from, max);
	/* It would go on beyond the end of user space. */
	return len == (s64)max && max < (u64)size ? -EFAULT : len;
}

/* --- words --- */

/* clang-format off */
#define DEFINE_GET(name, type, insn, reg)                                     \
static int name(type *value, u64 from)                                        \
{                                                                             \
	type v = 0;                                                           \
	s32 err = 0;                                                          \
									      \
	__asm__ __volatile__(STAC						      \
			     "1:	" insn " (%[from]), %" reg "[v]\n"    \
			     "2:\n\t" CLAC				      \
			     "jmp 4f\n"                                       \
			     "3:	movl %[efault], %[err]\n\t"           \
			     "jmp 2b\n" EXTABLE("1b", "3b", 1) "4:\n"         \
			     : [v] "+q"(v), [err] "+r"(err)                   \
			     : [from] "r"(from), [efault] "i"(-EFAULT)        \
			     : "memory");                                     \
	*value = v;                                                           \
	return err;                                                           \
}

#define DEFINE_PUT(name, type, insn, reg)                                     \
static int name(type v, u64 to)                                               \
{                                                                             \
	s32 err = 0;                                                          \
									      \
	__asm__ __volatile__(STAC						      \
			     "1:	" insn " %" reg "[v], (%[to])\n"      \
			     "2:\n\t" CLAC				      \
			     "jmp 4f\n"                                       \
			     "3:	movl %[efault], %[err]\n\t"           \
			     "jmp 2b\n" EXTABLE("1b", "3b", 1) "4:\n"         \
			     : [err] "+r"(err)                                \
			     : [v] "q"(v), [to] "r"(to), [efault] "i"(-EFAULT)\
			     : "memory");                                     \
	return err;                                                           \
}
/* clang-format on */

DEFINE_GET(get_u8, u8, "movb", "b")
DEFINE_GET(get_u32, u32, "movl", "k")
DEFINE_GET(get_u64, u64, "movq", "q")
DEFINE_PUT(put_u8, u8, "movb", "b")
DEFINE_PUT(put_u32, u32, "movl", "k")
DEFINE_PUT(put_u64, u64, "movq", "q")

int get_user_u8(u8 *value, u64 from)
{
	might_sleep();
	return access_ok(from, 1) ? get_u8(value, from) : -EFAULT;
}

int get_user_u32(u32 *value, u64 from)
{
	might_sleep();
	return access_ok(from, 4) ? get_u32(value, from) : -EFAULT;
}

int get_user_u64(u64 *value, u64 from)
{
	might_sleep();
	return access_ok(from, 8) ? get_u64(value, from) : -EFAULT;
}

int put_user_u8(u8 value, u64 to)
{
	might_sleep();
	return access_ok(to, 1) ? put_u8(value, to) : -EFAULT;
}

int put_user_u32(u32 value, u64 to)
{
	might_sleep();
	return access_ok(to, 4) ? put_u32(value, to) : -EFAULT;
}

int put_user_u64(u64 value, u64 to)
{
	might_sleep();
	return access_ok(to, 8) ? put_u64(value, to) : -EFAULT;
}

int get_user_u32_nofault(u32 *value, u64 from)
{
	int err = -EFAULT;

	preempt_disable();
	if (access_ok(from, 4))
		err = get_u32(value, from);
	preempt_enable();
	return err;
}

static int user_cmpxchg(u64 addr, u32 *old, u32 new)
{
	s32 err = 0;

	__asm__ __volatile__(
		STAC "1:	lock cmpxchgl %[new], (%[addr])\n"
		     "2:\n\t" CLAC "jmp 4f\n"
		     "3:	movl %[efault], %[err]\n\t"
		     "jmp 2b\n" EXTABLE("1b", "3b", 1) "4:\n"
		: "+a"(*old), [err] "+r"(err)
		: [new] "r"(new), [addr] "r"(addr), [efault] "i"(-EFAULT)
		: "memory", "cc");
	return err;
}

int cmpxchg_user_u32(u64 addr, u32 old, u32 new, u32 *found)
{
	int err;

	might_sleep();
	if (addr & 3)
		return -EINVAL;
	if (!access_ok(addr, 4))
		return -EFAULT;
	err = user_cmpxchg(addr, &old, new);
	if (!err)
		*found = old;
	return err;
}
