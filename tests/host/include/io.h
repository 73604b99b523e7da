/* SPDX-License-Identifier: MIT */
/* Stands in front of include/lib/io.h on the host: ports are the test's. */
#ifndef LIB_IO_H
#define LIB_IO_H

#include <types.h>

#pragma GCC visibility push(default)
u32 shim_port_in(u16 port, u32 bytes);
void shim_port_out(u16 port, u32 value, u32 bytes);
#pragma GCC visibility pop

static inline u8 inb(u16 port)
{
	return (u8)shim_port_in(port, 1);
}

static inline u16 inw(u16 port)
{
	return (u16)shim_port_in(port, 2);
}

static inline u32 inl(u16 port)
{
	return shim_port_in(port, 4);
}

static inline void outb(u16 port, u8 value)
{
	shim_port_out(port, value, 1);
}

static inline void outw(u16 port, u16 value)
{
	shim_port_out(port, value, 2);
}

static inline void outl(u16 port, u32 value)
{
	shim_port_out(port, value, 4);
}

#endif
