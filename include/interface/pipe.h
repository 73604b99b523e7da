/* SPDX-License-Identifier: MIT */
/* pipe(2): the core asks for both ends. FIFOs share the code. */
#ifndef INTERFACE_PIPE_H
#define INTERFACE_PIPE_H

#include <file.h>
#include <module.h>

INTERFACE_BEGIN

/* Makes a pipe and opens both ends: 0, -ENFILE, -ENOMEM. */
long pipe_create(struct file_open *reader, struct file_open *writer);
CONTRACT(pipe_create, 0, ARG_STRUCT_OUT(reader, struct file_open),
	 ARG_STRUCT_OUT(writer, struct file_open));

INTERFACE_END

#endif
