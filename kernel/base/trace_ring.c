// SPDX-License-Identifier: MIT
/*
 * kernel/base/trace_ring.c - records of points, written from anywhere
 *
 *	places	│ 8 │ 9 │10 │ 3 │ 4 │ 5 │ 6 │ 7 │	nr = 8, head = 11
 *			      └ at: 3 is the oldest, and goes next
 *
 * Only its CPU writes a ring, with interrupts off, so writing needs no lock: a
 * record goes to the next place, and head says that it is there. A reader on
 * another CPU may find a place being written over. Each place therefore begins
 * with the number of its record plus one, which is 0 meanwhile:
 *
 *	writer	stamp = 0; words ...; stamp = number + 1
 *	reader	stamp?	   words ...; stamp still the same?
 *
 * Every word is stored with release and loaded with acquire, so that neither
 * can be seen out of that order. On x86-64 these are ordinary moves.
 *
 * A ring is found by RCU: who takes one away waits for a grace period, and a
 * writer has interrupts off.
 */
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <kernel/trace_ring.h>
#include <arch/cpu.h>

#define COMM_WORDS (TRACE_COMM_LEN / sizeof(u64))

_Static_assert(COMM_WORDS == 2 && TRACE_COMM_LEN < THREAD_NAME_MAX, "a name");

struct place {
	u64 stamp;
	u64 time_ns;
	u64 who; /* pid, point << 32, nr << 48, depth << 52, flags << 56 */
	u64 comm[COMM_WORDS];
	u64 values[POINT_FIELDS_MAX];
};

struct trace_ring {
	u64 nr;	   /* (c) places */
	u64 at;	   /* [its CPU] where the next record goes */
	u64 head;  /* [its CPU, to write] records so far */
	u64 tail;  /* [reader] the first one that was not taken */
	u64 lost;  /* [reader] of those before tail, overwritten unread */
	u64 taken; /* [reader] of those before tail, read */
	struct place places[];
};

bool trace_on = true;

static DEFINE_PER_CPU(struct trace_ring *, trace_ring);

/* --- writing --- */

static inline void put(u64 *word, u64 value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static u64 context_flags(bool irqs_off)
{
	return (irqs_off ? TRACE_IRQS_OFF : 0) |
	       (need_resched() ? TRACE_NEED_RESCHED : 0) |
	       (in_interrupt() ? TRACE_HARDIRQ : 0);
}

/* The name by words; in the last one NUL is the highest byte. */
static void put_thread(struct place *p, const struct thread *t, u64 who)
{
	u64 comm[COMM_WORDS] = { 0 };
	u32 id = 0;

	if (t) { /* before sched_init() there is none */
		__builtin_memcpy(comm, t->name, sizeof(comm));
		id = t->id;
	}
	put(&p->comm[0], comm[0]);
	put(&p->comm[1], comm[1] & ~0UL >> 8);
	put(&p->who, who | id);
}

static void write_record(struct trace_ring *ring, u32 point, const u64 *values,
			 u32 nr, bool irqs_off)
{
	struct place *p = &ring->places[ring->at];

	put(&p->stamp, 0);
	put(&p->time_ns, arch_time_ns());
	put_thread(p, current,
		   (u64)point << 32 | (u64)nr << 48 |
			   (u64)min(preempt_count(), 15u) << 52 |
			   context_flags(irqs_off) << 56);
	for (u32 i = 0; i < nr; i++)
		put(&p->values[i], values[i]);
	put(&p->stamp, ring->head + 1);
	ring->at = ring->at + 1 == ring->nr ? 0 : ring->at + 1;
	put(&ring->head, ring->head + 1);
}

void trace_write(u32 point, const u64 *values, u32 nr)
{
	bool irqs_off = arch_irqs_disabled();
	struct trace_ring *ring;
	u64 flags;

	if (!READ_ONCE(trace_on))
		return;
	flags = arch_irq_save();
	ring = __atomic_load_n(this_cpu_ptr(&trace_ring), __ATOMIC_ACQUIRE);
	if (ring)
		write_record(ring, point, values, nr, irqs_off);
	arch_irq_restore(flags);
}

/* --- memory --- */

size_t trace_record_size(void)
{
	return sizeof(struct place);
}

size_t trace_ring_size(u64 nr)
{
	return sizeof(struct trace_ring) + nr * sizeof(struct place);
}

struct trace_ring *trace_ring_init(void *memory, u64 nr)
{
	struct trace_ring *ring = memory;

	memset(memory, 0, trace_ring_size(nr));
	ring->nr = nr;
	return ring;
}

struct trace_ring *trace_ring_set(u32 cpu, struct trace_ring *ring)
{
	return __atomic_exchange_n(per_cpu_ptr(&trace_ring, cpu), ring,
				   __ATOMIC_ACQ_REL);
}

/* --- reading; who calls keeps the rings --- */

static struct trace_ring *ring_of(u32 cpu)
{
	if (!cpu_online(cpu))
		return NULL;
	return __atomic_load_n(per_cpu_ptr(&trace_ring, cpu), __ATOMIC_ACQUIRE);
}

static u64 get(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

bool trace_bounds(u32 cpu, u64 *first, u64 *end)
{
	const struct trace_ring *ring = ring_of(cpu);

	*first = *end = 0;
	if (!ring)
		return false;
	*end = get(&ring->head);
	*first = max(ring->tail, *end > ring->nr ? *end - ring->nr : 0);
	return *first < *end;
}

static void copy_out(const struct place *p, struct trace_record *out)
{
	u64 who = get(&p->who), comm[COMM_WORDS];

	out->time_ns = get(&p->time_ns);
	out->pid = (u32)who;
	out->point = (u16)(who >> 32);
	out->nr = who >> 48 & 15;
	out->preempt_depth = who >> 52 & 15;
	out->flags = (u8)(who >> 56);
	for (u32 i = 0; i < COMM_WORDS; i++)
		comm[i] = get(&p->comm[i]);
	memcpy(out->comm, comm, sizeof(out->comm));
	for (u32 i = 0; i < POINT_FIELDS_MAX; i++)
		out->values[i] = i < out->nr ? get(&p->values[i]) : 0;
}

bool trace_read(u32 cpu, u64 number, struct trace_record *out)
{
	const struct trace_ring *ring = ring_of(cpu);
	const struct place *p;

	if (!ring)
		return false;
	p = &ring->places[number % ring->nr];
	if (get(&p->stamp) != number + 1)
		return false;
	copy_out(p, out);
	out->cpu = (u8)cpu;
	return get(&p->stamp) == number + 1;
}

u64 trace_take(u32 cpu, u64 number)
{
	struct trace_ring *ring = ring_of(cpu);
	u64 lost;

	if (!ring || number < ring->tail)
		return 0;
	lost = number - ring->tail;
	ring->lost += lost;
	ring->taken++;
	put(&ring->tail, number + 1);
	return lost;
}

void trace_clear(u32 cpu)
{
	struct trace_ring *ring = ring_of(cpu);

	if (!ring)
		return;
	put(&ring->tail, get(&ring->head));
	ring->lost = ring->taken = 0;
}

u64 trace_overrun(u32 cpu)
{
	const struct trace_ring *ring = ring_of(cpu);
	u64 first, end;

	trace_bounds(cpu, &first, &end);
	return ring ? ring->lost + first - ring->tail : 0;
}

u64 trace_taken(u32 cpu)
{
	const struct trace_ring *ring = ring_of(cpu);

	return ring ? ring->taken : 0;
}

bool trace_waiting(void)
{
	bool waiting = false;
	u32 cpu;

	rcu_read_lock();
	for_each_online_cpu(cpu) {
		const struct trace_ring *ring = ring_of(cpu);

		waiting |= ring && get(&ring->head) != get(&ring->tail);
	}
	rcu_read_unlock();
	return waiting;
}
