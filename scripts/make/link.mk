# SPDX-License-Identifier: MIT
#
# From objects to whitix.elf and modules/*.ko:
#
#   link/core.o, link/NAME.o    ld -r of the core, of each module with runtime.a
#   modpost                     versions, import tables, stubs, start order
#   modules/NAME.ko.debug       ld -r with the import table, hidden names local,
#                               distances settled, the rest in a table for the loader
#   modules/NAME.ko             the same without debug information
#   whitix.elf.debug, .elf      the core, stubs, and in one layout the modules

link := $(out)/link
direct := $(CONFIG_DRIVERS_IN_KERNEL)
wrap := $(and $(direct),$(CONFIG_DEBUG_POISON))

ld-flags := --build-id=none -z noexecstack -z max-page-size=4096 \
	--no-warn-rwx-segments --fatal-warnings

$(link)/core-lib.a: $(addprefix $(out)/core/,$(lib-objs))
$(link)/runtime.a: $(runtime-built)
$(link)/core-lib.a $(link)/runtime.a:
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcD $@ $^

$(link)/core.o: $(addprefix $(out)/core/,$(core-objs)) $(link)/core-lib.a
	$(call say,LD -r,$@)
	$(Q)$(LD) -r $(ld-flags) -o $@ $^

define module-rule
$(link)/$(1).o: $(addprefix $(out)/module/,$(objs-of-$(1))) $(link)/runtime.a
	$$(call say,LD -r,$$@)
	$$(Q)$$(LD) -r $$(ld-flags) -o $$@ $$^
$(gen)/$(1).mod.S $(link)/$(1).v.o: $(link)/modpost.stamp ;
$(link)/$(1).mod.o: $(gen)/$(1).mod.S $(out)/flags/core
	$$(Q)$$(CC) $$(filter-out -g,$$(core-flags)) -c -o $$@ $$<
$(out)/modules/$(1).ko.debug: $(link)/$(1).v.o $(link)/$(1).mod.o scripts/module.lds \
		scripts/settle.py
	$$(call say,LD [M],$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(LD) -r $$(ld-flags) -T scripts/module.lds -o $$@ \
		$(link)/$(1).v.o $(link)/$(1).mod.o
	$$(Q)$$(OBJCOPY) --localize-hidden $$@
	$$(Q)$$(PYTHON) scripts/settle.py $$@ $(link)/$(1).link
	$$(Q)$$(OBJCOPY) --update-section .whitix.link=$(link)/$(1).link $$@
$(out)/modules/$(1).ko: $(out)/modules/$(1).ko.debug
	$$(Q)$$(OBJCOPY) --strip-debug $$< $$@
endef
$(foreach m,$(modules-all),$(eval $(call module-rule,$(m))))

modules-debug := $(modules:%=$(out)/modules/%.ko.debug)
modules-built := $(modules-all:%=$(out)/modules/%.ko)

# The plan: what modpost reads. Written when it is another than before.
define newline


endef
plan-text := core $(link)/core.o $(addprefix $(out)/core/,$(core-objs) $(lib-objs))$(newline)$(foreach \
	m,$(modules-all),$(if $(filter $(m),$(modules)),module,late) $(m) $(link)/$(m).o $(addprefix $(out)/module/,$(objs-of-$(m)))$(newline))
plan-text += $(if $(direct),direct) $(if $(wrap),wrap)
ifneq ($(strip $(subst $(newline), ,$(file <$(link)/plan))),$(strip $(subst $(newline), ,$(plan-text))))
$(shell mkdir -p $(link))$(file >$(link)/plan,$(plan-text))
endif

# What depmod makes on Linux, for modprobe.
depmod-files := $(addprefix $(gen)/modules.,dep order builtin alias symbols)

modpost-scripts := scripts/modpost.py scripts/elf.py scripts/prototype.py
$(link)/modpost.stamp: $(link)/plan $(link)/core.o $(modules-all:%=$(link)/%.o) \
		$(modpost-scripts) $(wildcard include/interface/*.h)
	$(call say,MODPOST,$(words $(modules-all)) modules)
	$(Q)$(PYTHON) scripts/modpost.py --plan $(link)/plan --out $(out) \
		$(if $(direct),--direct) $(if $(wrap),--wrap)
	$(Q)touch $@

$(link)/core.v.o $(gen)/stubs.S $(gen)/builtin.S $(gen)/modules.lds.h \
	$(gen)/module-order.txt $(depmod-files) $(gen)/symvers.json $(gen)/wrap.opts: $(link)/modpost.stamp ;

$(link)/whitix.lds: arch/x86/whitix.lds.S $(gen)/modules.lds.h arch/x86/include/asm/memmap.h
	$(Q)$(CC) -E -P -x assembler-with-cpp -undef $(filter -I%,$(core-flags)) -o $@ $<

image-parts := $(link)/core.v.o $(out)/core/generated/stubs.o \
	$(out)/core/generated/builtin.o $(if $(direct),$(modules-debug))
wrap-options := $(if $(wrap),$(gen)/wrap.opts)

# $(call link-image,symbol table's object)
link-image = $(LD) -nostdlib -static $(ld-flags) --orphan-handling=error \
	$(wrap-options:%=@%) -T $(link)/whitix.lds -o $@ $(image-parts) $(1)

$(gen)/ksyms-none.S: scripts/ksyms.py
	$(Q)$(PYTHON) scripts/ksyms.py > $@

$(link)/whitix.first: $(image-parts) $(wrap-options) $(link)/whitix.lds $(out)/core/generated/ksyms-none.o
	$(Q)$(call link-image,$(out)/core/generated/ksyms-none.o)

$(gen)/ksyms.S: $(link)/whitix.first scripts/ksyms.py
	$(Q)$(PYTHON) scripts/ksyms.py $< > $@

$(out)/whitix.elf.debug: $(link)/whitix.first $(out)/core/generated/ksyms.o
	$(call say,LD,$(out)/whitix.elf)
	$(Q)$(call link-image,$(out)/core/generated/ksyms.o)
	$(Q)$(PYTHON) scripts/ksyms.py --check $(link)/whitix.first $@

$(out)/whitix.elf: $(out)/whitix.elf.debug
	$(Q)$(OBJCOPY) --strip-debug --remove-section=.comment $< $@

# ---- what lies where, and how large it is -----------------------------------

$(gen)/sizes.json: $(out)/whitix.elf $(modules-built) $(link)/plan scripts/sizes.py
	$(Q)$(PYTHON) scripts/sizes.py --out $(out) --plan $(link)/plan
