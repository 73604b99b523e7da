/* SPDX-License-Identifier: MIT */
/*
 * The boot trace: the core measures the stages of the start; module boottrace
 * makes a line of JSON of them, prints it at the first prompt, and keeps it for
 * /proc/boottrace. Ticks are the TSC's.
 */
#ifndef INTERFACE_BOOTTRACE_H
#define INTERFACE_BOOTTRACE_H

#include <module.h>

#define TRACE_NAME_MAX 24

struct trace_span {
	u64 ticks, ns;		/* 0: it has not been */
};

struct trace_calls {
	u64 down, up, across, bytes;
};

struct trace_info {
	struct trace_span to_user, to_prompt;	/* from the kernel's entry on */
	u64 cr3_loads;
	u32 counted;		/* 0: calls can't be counted */
	char domains[TRACE_NAME_MAX], gate[TRACE_NAME_MAX];
};

struct trace_stage {
	char name[TRACE_NAME_MAX];	/* "" if it has not ended */
	char module[MODULE_NAME_MAX];	/* that it is about, "" none */
	u64 begin_ns;
	struct trace_span span;
	struct trace_calls calls;
};

INTERFACE_BEGIN

/* Of the core. */
long trace_info_get(struct trace_info *info);
CONTRACT(trace_info_get, CALL_RESTARTABLE, ARG_STRUCT_OUT(info, struct trace_info));
/* Stage number `index`, from 0: 0, -ENOENT past the last. */
long trace_stage_get(u32 index, struct trace_stage *stage);
CONTRACT(trace_stage_get, CALL_RESTARTABLE, ARG_VALUE(index),
	 ARG_STRUCT_OUT(stage, struct trace_stage));
/* Bytes to the serial line as they are. For measure alone (-EPERM). */
long trace_write(u32 self, const char *buf, size_t len);
CONTRACT(trace_write, 0, ARG_SELF(self), ARG_IN(buf, len, 4096), ARG_VALUE(len));

/*
 * Of the module: the prompt is reached, and the JSON is kept as it is then: its
 * length in bytes; -EBUSY (it was before), -ENOMEM.
 */
long boottrace_keep(void);
CONTRACT(boottrace_keep, 0);
/* The JSON from byte `off` on: bytes, 0 at the end, or an error. */
long boottrace_read(u64 off, char *buf, size_t len);
CONTRACT(boottrace_read, CALL_RESTARTABLE, ARG_VALUE(off),
	 ARG_OUT_RETURN(buf, len, 4096), ARG_VALUE(len));

INTERFACE_END

#endif
