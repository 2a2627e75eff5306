# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_archive
TESTS += %D%/test_archive
%C%_test_archive_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_cmd_status
TESTS += %D%/test_cmd_status
%C%_test_cmd_status_SOURCES = %D%/test_cmd_status.c %D%/capture.h
%C%_test_cmd_status_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_doc
TESTS += %D%/test_doc
%C%_test_doc_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_health
TESTS += %D%/test_health
%C%_test_health_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_human
TESTS += %D%/test_human
check_PROGRAMS += %D%/test_options
TESTS += %D%/test_options
%C%_test_options_SOURCES = %D%/test_options.c %D%/capture.h
check_PROGRAMS += %D%/test_status_text
TESTS += %D%/test_status_text
%C%_test_status_text_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_table
TESTS += %D%/test_table
%C%_test_table_LDADD = src/cmd/libcmd.a $(LDADD)
check_PROGRAMS += %D%/test_top_text
TESTS += %D%/test_top_text
%C%_test_top_text_LDADD = src/cmd/libcmd.a $(LDADD)
endif
TESTS += %D%/atlax.test %D%/completion.test
EXTRA_DIST += %D%/atlax.test %D%/completion.test
