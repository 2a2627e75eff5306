# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
tests_unit_relay = %D%/test_admit %D%/test_ingress %D%/test_mailbox %D%/test_rcu %D%/test_tenants
check_PROGRAMS += $(tests_unit_relay)
TESTS += $(tests_unit_relay)
endif
