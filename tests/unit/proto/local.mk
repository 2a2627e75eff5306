# One Check program per source file; the name of the program is the whole rule.
if HAVE_CHECK
check_PROGRAMS += %D%/test_session
TESTS += %D%/test_session
%C%_test_session_SOURCES = %D%/test_session.c %D%/pair.h
endif
