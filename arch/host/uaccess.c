// SPDX-License-Identifier: MIT
/*
 * arch/host/uaccess.c - copies to and from a simulated program's memory
 *
 * Every page is looked up by host_user_translate, which stands for the MMU; a
 * miss goes to handle_page_fault() as the kernel's would.
 */
#include <kernel/errno.h>
#include <kernel/preempt.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/host.h>
#include <arch/uaccess.h>
#include <arch/user.h>

/* Not in programs that link mm/ alone. */
#pragma weak handle_page_fault

void *(*host_user_translate)(u64 addr, bool write) = host_mmu_user_ptr;

enum user_op { USER_READ, USER_WRITE, USER_CLEAR };

static void copy_part(enum user_op op, void *user, void *kernel, u64 size)
{
	if (op == USER_READ)
		memcpy_once(kernel, user, size);
	else if (op == USER_WRITE)
		memcpy_once(user, kernel, size);
	else
		memset(user, 0, size);
}

/*
 * A part of one page. As an instruction of the CPU: nothing comes between what
 * its TLB says and the access. False: a fault.
 */
static bool access_part(enum user_op op, u64 addr, void *kernel, u64 size)
{
	u64 flags = arch_irq_save();
	void *user = host_user_translate ?
			     host_user_translate(addr, op != USER_READ) :
			     NULL;

	if (user)
		copy_part(op, user, kernel, size);
	arch_irq_restore(flags);
	return user;
}

static bool fault_in(enum user_op op, u64 addr)
{
	return handle_page_fault &&
	       handle_page_fault(current_user_regs(), addr,
				 op != USER_READ ? FAULT_FLAG_WRITE : 0);
}

/* Page by page; the bytes not done. */
static u64 user_copy(enum user_op op, u64 addr, void *kernel, u64 size,
		     bool may_fault)
{
	if (!access_ok(addr, size))
		return size;
	while (size) {
		u64 part = min(size, PAGE_SIZE - (addr & (PAGE_SIZE - 1)));

		if (!access_part(op, addr, kernel, part)) {
			if (may_fault && fault_in(op, addr))
				continue;
			break;
		}
		addr += part;
		kernel = (char *)kernel + part;
		size -= part;
	}
	return size;
}

u64 copy_from_user(void *to, u64 from, u64 size)
{
	might_sleep();
	return user_copy(USER_READ, from, to, size, true);
}

u64 copy_to_user(u64 to, const void *from, u64 size)
{
	might_sleep();
	return user_copy(USER_WRITE, to, (void *)from, size, true);
}

u64 clear_user(u64 to, u64 size)
{
	static char nothing; /* an address to go on from */

	might_sleep();
	return user_copy(USER_CLEAR, to, &nothing, size, true);
}

u64 copy_from_user_nofault(void *to, u64 from, u64 size)
{
	return user_copy(USER_READ, from, to, size, false);
}

u64 copy_to_user_nofault(u64 to, const void *from, u64 size)
{
	return user_copy(USER_WRITE, to, (void *)from, size, false);
}

s64 strncpy_from_user(char *to, u64 from, s64 size)
{
	might_sleep();
	for (s64 len = 0; len < size; len++) {
		if (user_copy(USER_READ, from + (u64)len, to + len, 1, true))
			return -EFAULT;
		if (!to[len])
			return len;
	}
	return size < 0 ? -EFAULT : size;
}

static int get_user(void *value, u64 from, u64 size, bool may_fault)
{
	u64 v = 0;
	int err = user_copy(USER_READ, from, &v, size, may_fault) ? -EFAULT : 0;

	memcpy(value, &v, size);
	return err;
}

int get_user_u8(u8 *value, u64 from)
{
	might_sleep();
	return get_user(value, from, sizeof(*value), true);
}

int get_user_u32(u32 *value, u64 from)
{
	might_sleep();
	return get_user(value, from, sizeof(*value), true);
}

int get_user_u64(u64 *value, u64 from)
{
	might_sleep();
	return get_user(value, from, sizeof(*value), true);
}

int get_user_u32_nofault(u32 *value, u64 from)
{
	return get_user(value, from, sizeof(*value), false);
}

int put_user_u8(u8 value, u64 to)
{
	return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

int put_user_u32(u32 value, u64 to)
{
	return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

int put_user_u64(u64 value, u64 to)
{
	return copy_to_user(to, &value, sizeof(value)) ? -EFAULT : 0;
}

/* False: a fault. */
static bool cmpxchg_part(u64 addr, u32 *old, u32 new)
{
	u64 flags = arch_irq_save();
	u32 *word = host_user_translate ? host_user_translate(addr, true) : NULL;

	if (word)
		__atomic_compare_exchange_n(word, old, new, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	arch_irq_restore(flags);
	return word;
}

int cmpxchg_user_u32(u64 addr, u32 old, u32 new, u32 *found)
{
	might_sleep();
	if (addr & 3)
		return -EINVAL;
	if (!access_ok(addr, 4))
		return -EFAULT;
	while (!cmpxchg_part(addr, &old, new))
		if (!fault_in(USER_WRITE, addr))
			return -EFAULT;
	*found = old;
	return 0;
}
