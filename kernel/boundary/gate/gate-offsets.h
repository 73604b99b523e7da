/* SPDX-License-Identifier: MIT */
/* Numbers that the gates' assembly and C share. */
#ifndef BOUNDARY_GATE_OFFSETS_H
#define BOUNDARY_GATE_OFFSETS_H

#define SLOTS_MAX 1024
#define SLOT_SHIFT 6
#define SLOT_TARGET 0
#define SLOT_DOMAIN 8
#define SLOT_EPOCH 24		/* with mode and flags in the upper half */
#define SLOT_MODE 28
#define SLOT_UP_PLAIN 29
#define SLOT_USED 31		/* 1 + how many arguments carry something */
#define SLOT_CALLS 48

#define DOMAIN_CR3 0
#define DOMAIN_FREE_STACK 8

#define MSTACK_NEXT 0
#define MSTACK_TOP 8

#define UPW_SHIFT 5
#define UPW_START 0
#define UPW_END 8
#define UPW_MODULE 16
#define UPW_SLOTS 24

#define MODULE_EPOCH 4

/* Layout of struct gate_frame. */
#define GF_STACK 0
#define GF_ARGS 48
#define GF_REGS 96

/* A stack unit: staging at the bottom, a gap that is never mapped, the stack. */
#define STACK_UNIT_SHIFT 16
#define STACK_UNIT 0x10000

#define DOWN_STUB_SIZE 16
#define IMPORT_STUB_SIZE 32
#define IMPORT_STUB_SHIFT 5

/* Bytes of kernel stack that a call down must leave: this limits the nesting. */
#define KERNEL_STACK_RESERVE 8192

#define LANDING_MAGIC 0x4c414e44	/* "LAND" */

/* Pages of the gate window, from GATE_TEXT on. */
#define GATE_PAGE_TEXT 0
#define GATE_PAGE_CONTEXT 1
#define GATE_PAGE_TSS 2
#define GATE_PAGE_IO 3		/* two pages, a view's own */
#define GATE_PAGE_IO_END 5	/* the byte of ones behind the bitmap */
#define GATE_PAGE_LIGHT 8	/* LIGHT_PAGES pages, a domain's own */
#define LIGHT_PAGES 2
#define GATE_PAGE_COUNTER 12	/* a domain's own, writable */
#define GATE_PAGES 16

#define GATE_LIGHT_TABLE 0xffffffffffe08000
#define GATE_COUNTER 0xffffffffffe0c000

#define GATE_VECTOR 0x81

/* The last calls that crossed, for the report: a ring of slot addresses. */
#define GATE_TRACE_ENTRIES 16

#endif
