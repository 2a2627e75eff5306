# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
tests_unit_agent = %D%/test_backoff %D%/test_service_map
if !AGENT_ONLY
tests_unit_agent += %D%/test_renewer
endif
check_PROGRAMS += $(tests_unit_agent)
TESTS += $(tests_unit_agent)
endif
