# SPDX-License-Identifier: MIT
# Reads the rooms' Makefiles into:
#
#   core-objs, lib-objs, runtime-objs   objects, as folder/name.o
#   modules                             modules that are started with the system
#   modules-late                        modules that are built, for programs to load
#   modules-off                         and those that are not
#   objs-of-NAME, room-of-NAME          a module's objects, its folder

rooms := $(sort $(patsubst %/Makefile,%,$(wildcard \
	$(foreach top,arch drivers fs kernel lib mm net runtime samples, \
		$(top)/Makefile $(top)/*/Makefile $(top)/*/*/Makefile))))

core-objs :=
lib-objs :=
runtime-objs :=
modules :=
modules-late :=
modules-off :=

define read-module
objs-of-$(2) := $$(addprefix $(1)/,$$($(2)-objs))
room-of-$(2) := $(1)
endef

define read-room
core-y :=
lib-y :=
runtime-y :=
modules-y :=
modules-m :=
modules- :=
include $(1)/Makefile
core-objs += $$(addprefix $(1)/,$$(core-y))
lib-objs += $$(addprefix $(1)/,$$(lib-y))
runtime-objs += $$(addprefix $(1)/,$$(runtime-y))
modules += $$(modules-y)
modules-late += $$(modules-m)
modules-off += $$(modules-)
$$(foreach m,$$(modules-y) $$(modules-m) $$(modules-),$$(eval $$(call read-module,$(1),$$(m))))
endef

$(foreach r,$(rooms),$(eval $(call read-room,$(r))))

modules := $(sort $(modules))
modules-late := $(sort $(modules-late))
modules-all := $(sort $(modules) $(modules-late))
core-objs := $(sort $(core-objs))

# The core's sources, for those who count them.
.PHONY: core-sources
core-sources:
	@echo $(wildcard $(foreach o,$(core-objs) $(lib-objs),$(o:.o=.c) $(o:.o=.S)))
