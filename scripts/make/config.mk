# SPDX-License-Identifier: MIT
# Configuration: .config in O=, and what is made of it (scripts/kconfig.py).

kconfig = $(PYTHON) scripts/kconfig.py --out $(out)
kconfig-files := Kconfig $(sort $(wildcard */Kconfig */*/Kconfig */*/*/Kconfig))

.PHONY: menuconfig olddefconfig savedefconfig
menuconfig olddefconfig:
	$(Q)mkdir -p $(out)
	$(Q)$(kconfig) $@

savedefconfig: $(out)/.config
	$(Q)$(kconfig) $@
	@echo "written: $(out)/defconfig"

defconfigs := $(notdir $(wildcard configs/*defconfig))
.PHONY: $(defconfigs)
$(defconfigs):
	$(Q)mkdir -p $(out)
	$(Q)$(kconfig) defconfig $@
	@echo "configured: $@, in $(out)/.config"

# Without a configuration, the default one.
$(out)/.config:
	$(Q)mkdir -p $(out)
	$(Q)$(kconfig) defconfig defconfig

$(gen)/config.mk: $(out)/.config $(kconfig-files) scripts/kconfig.py
	$(Q)$(kconfig) sync
