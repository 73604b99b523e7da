/* SPDX-License-Identifier: MIT */
/* Who this module is: the loader fills it in before init runs. */
#include <module.h>

struct module_self module_self;
