// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/serial.c - the console on COM1, 115200 8N1
 *
 * Output waits for room in the transmitter. Input comes by interrupt into a
 * ring; before that, or where ISA interrupts can't be routed, the reader polls
 * the port. Source: the 16550 data sheet.
 */
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

static u8 ring[RING_SIZE];
static u32 ring_head, ring_tail; /* free-running; head is the writer's */
static bool present, by_interrupt;

/* Bytes from the port into the ring; with the ring full they are lost. */
static void drain_port(void *ctx __unused)
{
	while (inb(REG_LSR) & LSR_RX_READY) {
		u8 c = inb(REG_DATA);

		if (ring_head - ring_tail < RING_SIZE)
			ring[ring_head++ % RING_SIZE] = c;
	}
}

void serial_init(void)
{
	if (inb(REG_LSR) == LSR_NO_PORT)
		return;
	present = true;
	drain_port(NULL); /* typed ahead: switching the FIFO on drops it */
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
	drain_port(NULL);
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
	flags = arch_irq_save();
	if (!by_interrupt || ring_head == ring_tail)
		drain_port(NULL);
	if (ring_head != ring_tail)
		c = ring[ring_tail++ % RING_SIZE];
	arch_irq_restore(flags);
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
