/* SPDX-License-Identifier: MIT */
/*
 * Put in front of every source of a module that is compiled for the host
 * (-include): each host thread has a context page of its own, so that several
 * can be inside a module at once.
 */
#ifndef TESTS_HOST_H
#define TESTS_HOST_H

extern unsigned long shim_context_addr(void) __attribute__((visibility("default")));

#define CONTEXT_PAGE_ADDR shim_context_addr()

#endif
