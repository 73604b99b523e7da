# SPDX-License-Identifier: MIT
# Targets that people type, other than what makes files.

.PHONY: help clean distclean lint check check-long compare bench compare-linux fuzz

help:
	@cat scripts/make/help.txt

# Everything but the configuration and what was fetched.
clean:
	$(Q)cd $(out) 2>/dev/null && rm -rf core module link flags generated modules \
		include iso user userland check *.elf *.elf.debug *.cpio *.iso || true

distclean:
	$(Q)rm -rf $(out)

lint:
	$(Q)scripts/lint/run

# These start makes of their own, in folders below O=, which share what is fetched.
alone := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL CACHE='$(abspath $(CACHE))'

check check-long:
	$(Q)$(alone) $(PYTHON) scripts/check --out '$(out)/check' \
		$(if $(filter check-long,$@),--long)

compare:
	$(Q)$(alone) $(PYTHON) scripts/compare/compare.py --out '$(out)' \
		$(if $(VARIANTS),--variants '$(VARIANTS)') \
		$(if $(OUT),--results '$(OUT)') $(if $(BASE),--base '$(BASE)')

bench:
	$(Q)$(alone) $(PYTHON) scripts/compare/bench.py --out '$(out)' \
		$(if $(OUT),--results '$(OUT)') $(if $(README),--readme '$(README)')

compare-linux:
	$(if $(SCRIPT),,$(error compare-linux: SCRIPT=file.sh says what to run))
	$(Q)$(alone) $(PYTHON) scripts/compare/linux.py '$(SCRIPT)' --out '$(out)' \
		--userland '$(USERLAND)' $(if $(VARIANTS),--variants '$(VARIANTS)') \
		$(if $(filter command line,$(origin MEMORY)),--memory $(MEMORY)) \
		$(if $(TIMEOUT),--timeout $(TIMEOUT))

fuzz:
	$(Q)$(alone) $(PYTHON) scripts/fuzz.py --out '$(out)' \
		$(if $(SEED),--seed $(SEED)) $(if $(CALLS),--calls $(CALLS)) \
		$(if $(VARIANTS),--variants '$(VARIANTS)')
