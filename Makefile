# MailTap's everyday commands. `make help` lists them.
SHELL := /bin/bash
SWIFT ?= swift
PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=

MAILTAP := .build/release/mailtap

# Headers that the build needs, and the real programs that the interoperability checks drive.
BUILD_PACKAGES := libpcap-dev libpcre2-dev zlib1g-dev
INTEROP_PACKAGES := postfix dovecot-core dovecot-pop3d dovecot-imapd dovecot-lmtpd \
	zstd lz4 xz-utils swaks libnet-ssleay-perl curl mpop msmtp fetchmail tshark tcpdump openssl python3 \
	python3-aiosmtpd iproute2 iptables nftables haproxy mutt

.DEFAULT_GOAL := help
.PHONY: help demo test interop soak stress bench lint install captures man rfc-coverage clean build-deps interop-deps release

help:
	@echo "make demo      build MailTap and run its self-contained demonstration"
	@echo "make test      build and run the unit tests"
	@echo "make interop   check MailTap against a real Postfix and Dovecot (root or sudo; see CONTRIBUTING.md)"
	@echo "make soak      run mixed traffic through the proxy for MINUTES=$(MINUTES), with faults, and settle the account"
	@echo "make stress    load the proxy with crowds, slow and full disks, gigabytes, each under a bound of memory"
	@echo "make lint      formatting and the rules that a compiler does not check"
	@echo "make bench     build and run the benchmarks; ratios to the checked-in baseline"
	@echo "make install   build a release, which has the Swift libraries linked in, and install it; PREFIX=$(PREFIX)"
	@echo "make man       write docs/mailtap.1 of docs/mailtap.1.in and the executable's help"
	@echo "make captures  record captures/ anew from the real servers"

# $(call install_packages,PACKAGES): installs what is missing of PACKAGES.
# Silent where nothing is missing. No service is started, no question asked; without apt-get or the rights to use it,
# one line says what to install.
define install_packages
@missing=; \
if command -v dpkg-query >/dev/null; then \
	for package in $(1); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
elif [ "$$(uname)" = Linux ]; then \
	echo "MailTap: not a Debian system, so not checked: this needs what Debian calls $(strip $(1))" >&2; \
fi; \
[ -z "$$missing" ] && exit 0; \
if [ "$$(id -u)" = 0 ]; then sudo=; \
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then sudo=sudo; \
else echo "MailTap: please install first: apt-get install$$missing" >&2; exit 1; fi; \
echo "Installing$$missing"; \
$$sudo env DEBIAN_FRONTEND=noninteractive PACKAGES="$$missing" bash -c "$$APT_INSTALL" || \
	{ echo "MailTap: apt-get failed; please install by hand: apt-get install$$missing" >&2; exit 1; }
endef

# Runs as root. The package lists are fetched only where installing fails without (a fresh machine has none).
# policy-rc.d keeps the packages from starting a mail server of the system's own.
define APT_INSTALL
set -e
if [ ! -e /usr/sbin/policy-rc.d ]; then
	printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
case " $$PACKAGES " in *" postfix "*)
	echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
esac
log=$$(mktemp)
install() { apt-get install -y -qq --no-install-recommends $$PACKAGES > "$$log" 2>&1; }
install || { apt-get update -qq > "$$log" 2>&1 && install; } || { tail -n 20 "$$log" >&2; rm -f "$$log"; exit 1; }
rm -f "$$log"
endef

build-deps interop-deps: export APT_INSTALL := $(APT_INSTALL)

build-deps:
	@command -v $(SWIFT) >/dev/null || { echo "MailTap: please install Swift 6.2 or later: https://swift.org/install" >&2; exit 1; }
	$(call install_packages,$(BUILD_PACKAGES))

interop-deps:
	$(call install_packages,$(INTEROP_PACKAGES))

release: build-deps
	$(SWIFT) build -c release --product mailtap

demo: release
	$(MAILTAP) demo

test: build-deps
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

# Postfix changes to its own user, so its checks need root.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo)

interop: release interop-deps
	$(AS_ROOT) $(PYTHON) -B Tests/Interop/run.py --mailtap $(MAILTAP)

# Needs no root and no mail server: both ends of every session are the script's own.
MINUTES ?= 20

soak: release
	$(PYTHON) -B Tests/Interop/soak.py --mailtap $(MAILTAP) --minutes $(MINUTES)

# Minutes, not seconds; the full disk needs root, the slow one a C compiler.
stress: release
	$(AS_ROOT) $(PYTHON) -B Tests/Interop/stress.py --mailtap $(MAILTAP)

captures: release interop-deps
	$(AS_ROOT) $(PYTHON) -B Tests/Interop/record_captures.py --mailtap $(MAILTAP)

# The figures go to Benchmarks/.build; BENCH_ARGS=--update makes them the baseline.
bench: build-deps
	mkdir -p Benchmarks/.build/results
	$(SWIFT) package --package-path Benchmarks --allow-writing-to-directory Benchmarks/.build/results \
		benchmark --format jmh --path Benchmarks/.build/results --quiet --no-progress
	$(PYTHON) -B Benchmarks/compare.py Benchmarks/.build/results/Current_run.jmh.json $(BENCH_ARGS)

# Directories whose code is free of Foundation, so that it starts fast and its imports show its dependencies.
NO_FOUNDATION := Sources/MailTapCore Sources/MailTapCapture Sources/MailTapProxy Sources/MailTapServer Sources/MailTapReplay

FOUNDATION := ^[[:space:]]*(public |internal |private |@[a-z_]+ )*import Foundation
TRAPS := (^|[^[:alnum:]_`])(try!|as!|fatalError)
UNCHECKED := @unchecked Sendable|nonisolated\(unsafe\)

# $(call forbid,VARIABLE,PATHS,WHY): no Swift line in PATHS may match the pattern in VARIABLE.
define forbid
@! grep -rnE --include='*.swift' '$($(strip $(1)))' $(2) || { echo "lint: $(strip $(3))" >&2; exit 1; }
endef

lint:
	$(SWIFT) format lint --strict --parallel -r Sources Tests Package.swift
	$(call forbid, FOUNDATION, $(NO_FOUNDATION), these modules do without Foundation)
	$(call forbid, TRAPS, Sources, nothing that input can reach may trap)
	$(call forbid, UNCHECKED, --exclude=WireText.swift --exclude=TextPattern.swift Sources/MailTapCore Sources/MailTapAnalysis, no unchecked concurrency in these modules but for lines and compiled patterns)
	@echo "lint: clean"

# Where shells look for completions, below $(PREFIX)/share.
COMPLETIONS := bash-completion/completions zsh/site-functions fish/vendor_completions.d

install: build-deps
	$(SWIFT) build -c release --product mailtap
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(MAILTAP) $(DESTDIR)$(PREFIX)/bin/mailtap
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETIONS))
	install -m 644 docs/mailtap.1 $(DESTDIR)$(PREFIX)/share/man/man1/mailtap.1
	$(MAILTAP) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mailtap
	$(MAILTAP) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mailtap
	$(MAILTAP) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mailtap.fish

# The options and commands in the manual page are what the executable says of them.
man: release
	$(PYTHON) -B docs/manual.py $(MAILTAP)

# Which RFCs and sections the sources cite, and where; .ci/run checks that the page is true.
rfc-coverage:
	$(PYTHON) -B .ci/rfc-coverage

clean:
	rm -rf .build
