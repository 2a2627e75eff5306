# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_change
TESTS += %D%/test_change
%C%_test_change_SOURCES = %D%/test_change.c %D%/files.h
check_PROGRAMS += %D%/test_check
TESTS += %D%/test_check
%C%_test_check_SOURCES = %D%/test_check.c %D%/files.h
check_PROGRAMS += %D%/test_dump
TESTS += %D%/test_dump
%C%_test_dump_SOURCES = %D%/test_dump.c %D%/files.h
check_PROGRAMS += %D%/test_grant
TESTS += %D%/test_grant
%C%_test_grant_SOURCES = %D%/test_grant.c %D%/files.h
check_PROGRAMS += %D%/test_endpoint
TESTS += %D%/test_endpoint
check_PROGRAMS += %D%/test_load
TESTS += %D%/test_load
%C%_test_load_SOURCES = %D%/test_load.c %D%/files.h
check_PROGRAMS += %D%/test_manual
TESTS += %D%/test_manual
check_PROGRAMS += %D%/test_parse
TESTS += %D%/test_parse
%C%_test_parse_SOURCES = %D%/test_parse.c %D%/files.h
check_PROGRAMS += %D%/test_range
TESTS += %D%/test_range
check_PROGRAMS += %D%/test_schema
TESTS += %D%/test_schema
check_PROGRAMS += %D%/test_suggest
TESTS += %D%/test_suggest
check_PROGRAMS += %D%/test_value
TESTS += %D%/test_value
endif
