/* SPDX-License-Identifier: MIT */
/* Ports and bits of the devices that every PC has. */
#ifndef KERNEL_ISA_PORTS_H
#define KERNEL_ISA_PORTS_H

/* Two 8259A. */
#define PIC1 0x20
#define PIC2 0xa0
#define PIC_DATA 1
#define PIC_LINES 8
#define PIC_CASCADE 2

#define ICW1_INIT 0x11		/* edge, cascade, ICW4 follows */
#define ICW4_8086 0x01
#define OCW2_EOI 0x20
#define OCW3_READ_ISR 0x0b

/* 8254. */
#define PIT_CHANNEL0 0x40
#define PIT_COMMAND 0x43
#define PIT_RATE_GENERATOR 0x34	/* channel 0, both bytes, mode 2 */
#define PIT_LATCH 0x00		/* channel 0 */
#define PIT_HZ 1193182

/* 16550. */
#define COM1 0x3f8
#define UART_DATA 0
#define UART_IER 1		/* divisor's high byte, with LCR_DLAB */
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_SCRATCH 7

#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define FCR_ENABLE_CLEAR 0x07
#define MCR_DTR_RTS 0x03
#define LSR_THR_EMPTY 0x20
#define LSR_ALL_SENT 0x40
#define DIVISOR_115200 1
#define SCRATCH_PATTERN 0x5a

#endif
