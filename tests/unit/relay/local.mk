# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
tests_unit_relay = \
	%D%/test_admit \
	%D%/test_denied \
	%D%/test_expected \
	%D%/test_footprint \
	%D%/test_handover \
	%D%/test_ingress \
	%D%/test_ledger \
	%D%/test_mailbox \
	%D%/test_per_source \
	%D%/test_rcu \
	%D%/test_refused \
	%D%/test_roll \
	%D%/test_sources \
	%D%/test_spare \
	%D%/test_takeovers \
	%D%/test_tenants \
	%D%/test_watched
check_PROGRAMS += $(tests_unit_relay)
%C%_test_footprint_SOURCES = %D%/test_footprint.c tests/unit/link/world.c \
	tests/unit/link/world.h
TESTS += $(tests_unit_relay)
endif
