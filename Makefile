# SPDX-License-Identifier: MIT
#
# The build: one make process for the whole tree. Every folder with a Makefile
# is a room; it says what it adds, and this file says how things are made:
#
#   core-y += main.o gate/x.o        objects of the core
#   lib-y += string.o                compiled twice: for the core and for modules
#   runtime-y += alloc.o             linked to each module that needs it
#   modules-$(CONFIG_VFS) += vfs     a module, and its objects:
#   vfs-objs := vfs.o path.o
#
# Names are relative to the room. GCC runs here, in the root of the tree, with
# relative names; all output is in O= (default: build). `make help` lists targets.

MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := 0.1.0

O ?= build
out := $(abspath $(O))
gen := $(out)/generated
ifeq ($(out),$(CURDIR))
$(error O= must be a folder of its own, not the root of the tree)
endif

# Where what is fetched is kept.
CACHE ?= $(out)/cache

export LC_ALL := C
unexport CDPATH GCC_COLORS

Q := $(if $(filter 1,$(V)),,@)
# $(call say,CC,file): what is being done, unless V=1 shows it anyway.
say = $(if $(filter 1,$(V)),,@printf '  %-8s%s\n' '$(1)' '$(patsubst $(out)/%,%,$(2))';)

ifndef CROSS_COMPILE
CROSS_COMPILE := $(if $(shell command -v x86_64-elf-gcc),x86_64-elf-,x86_64-linux-gnu-)
endif
CC := $(CROSS_COMPILE)gcc
LD := $(CROSS_COMPILE)ld
AR := $(CROSS_COMPILE)ar
OBJCOPY := $(CROSS_COMPILE)objcopy
STRIP := $(CROSS_COMPILE)strip
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)

.PHONY: all
all:

# What needs no configuration, or makes one: answered without reading the rooms.
config-goals := menuconfig %defconfig olddefconfig
no-build := help clean distclean savedefconfig lint compare bench compare-linux \
	check check-long $(config-goals)
goals := $(or $(MAKECMDGOALS),all)

ifneq ($(and $(filter $(config-goals) clean distclean,$(goals)),$(word 2,$(goals))),)
# `make defconfig all`: one after the other.
.PHONY: one-by-one $(goals)
$(goals): one-by-one ;
one-by-one:
	$(Q)for goal in $(goals); do $(MAKE) $$goal || exit; done
else
include scripts/make/config.mk
ifneq ($(filter-out $(no-build),$(goals)),)
include $(gen)/config.mk
include scripts/make/rooms.mk
include scripts/make/compile.mk
include scripts/make/vdso.mk
include scripts/make/link.mk
include scripts/make/image.mk
endif
include scripts/make/targets.mk
endif
