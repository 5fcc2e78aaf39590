// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/serial.c - the console on COM1, 115200 8N1
 *
 * Output waits for room in the transmitter. Input comes by interrupt into a
 * ring; before that, or where ISA interrupts can't be routed, the reader polls
 * the port. Source: the 16550 data sheet.
 */
#include <kernel/spinlock.h>
#include <arch/console.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/irq.h>

#include "cpu.h"
#include "internal.h"

#define COM1	     0x3f8
#define COM1_IRQ     4
#define REG_DATA     (COM1 + 0)
#define REG_IER	     (COM1 + 1)
#define REG_FCR	     (COM1 + 2)
#define REG_LCR	     (COM1 + 3)
#define REG_MCR	     (COM1 + 4)
#define REG_LSR	     (COM1 + 5)
#define IER_RX	     0x01
#define LCR_8N1	     0x03
#define LCR_DLAB     0x80
#define MCR_DTR_RTS  0x03
#define MCR_OUT2     0x08 /* lets the interrupt out */
#define LSR_RX_READY 0x01
#define LSR_TX_EMPTY 0x20
#define LSR_NO_PORT  0xff

#define RING_SIZE   4096
#define TX_PATIENCE 100000

static DEFINE_LOCK_CLASS(input_class, "serial input", true);
/* The interrupt comes to one CPU, who reads may be on another. */
static struct spinlock input_lock = SPINLOCK_INIT(input_class);
static u8 ring[RING_SIZE];	 /* [input_lock] */
static u32 ring_head, ring_tail; /* [input_lock] free-running */
static bool throttled;		 /* [input_lock] full: no interrupts */
static bool present, by_interrupt;

static bool ring_is_full(void)
{
	return ring_head - ring_tail == RING_SIZE;
}

/*
 * Bytes from the port into the ring. When that is full they stay in the port,
 * which then takes no more: the other side waits.
 */
static void drain_port(void)
{
	while (!ring_is_full() && inb(REG_LSR) & LSR_RX_READY)
		ring[ring_head++ % RING_SIZE] = inb(REG_DATA);
	if (ring_is_full() && by_interrupt && !throttled) {
		throttled = true;
		outb(REG_IER, 0);
	}
}

static void unthrottle(void)
{
	if (!throttled || ring_head - ring_tail > RING_SIZE / 2)
		return;
	throttled = false;
	outb(REG_IER, IER_RX);
	drain_port();
}

void serial_init(void)
{
	if (inb(REG_LSR) == LSR_NO_PORT)
		return;
	present = true;
	drain_port(); /* typed ahead: switching the FIFO on drops it */
	outb(REG_IER, 0);
	outb(REG_LCR, LCR_DLAB);
	outb(REG_DATA, 1); /* divisor 1: 115200 */
	outb(REG_IER, 0);
	outb(REG_LCR, LCR_8N1);
	outb(REG_FCR, 0xc7); /* FIFO on, cleared, interrupt at 14 bytes */
	outb(REG_MCR, MCR_DTR_RTS | MCR_OUT2);
}

static void put_byte(u8 c)
{
	for (u32 i = 0; i < TX_PATIENCE; i++) {
		if (inb(REG_LSR) & LSR_TX_EMPTY)
			break;
		cpu_relax();
	}
	outb(REG_DATA, c);
}

void arch_console_write(const char *s, size_t len)
{
	screen_write(s, len);
	if (!present)
		return;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			put_byte('\r');
		put_byte((u8)s[i]);
	}
}

static void on_interrupt(void *ctx __unused)
{
	u64 flags = spin_lock_irqsave(&input_lock);

	drain_port();
	spin_unlock_irqrestore(&input_lock, flags);
	console_input();
}

void serial_irq_init(void)
{
	if (!present || !irq_request_isa(COM1_IRQ, on_interrupt, NULL))
		return;
	by_interrupt = true;
	outb(REG_IER, IER_RX);
}

int arch_console_getc(void)
{
	u64 flags;
	int c = -1;

	if (!present)
		return -1;
	flags = spin_lock_irqsave(&input_lock);
	if (!by_interrupt || ring_head == ring_tail)
		drain_port();
	if (ring_head != ring_tail)
		c = ring[ring_tail++ % RING_SIZE];
	unthrottle();
	spin_unlock_irqrestore(&input_lock, flags);
	return c;
}

bool arch_console_interrupts(void)
{
	return by_interrupt;
}

bool arch_console_has_input(void)
{
	return READ_ONCE(ring_head) != READ_ONCE(ring_tail);
}

/* Checked with interrupts off, so that a byte between check and halt wakes. */
void arch_console_wait(void)
{
	arch_irq_disable();
	if (ring_head == ring_tail)
		arch_idle();
	else
		arch_irq_enable();
}
