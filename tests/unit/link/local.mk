# One Check program per source file; the name of the program is the whole rule.
EXTRA_DIST += %D%/certs.sh
if HAVE_CHECK
check_PROGRAMS += %D%/test_brake
TESTS += %D%/test_brake
%C%_test_brake_SOURCES = %D%/test_brake.c %D%/world.c %D%/world.h
check_PROGRAMS += %D%/test_faults
TESTS += %D%/test_faults
%C%_test_faults_SOURCES = %D%/test_faults.c %D%/world.c %D%/world.h
%C%_test_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=loop_turn \
	-Wl,--wrap=recv,--wrap=send,--wrap=sendmsg,--wrap=readv \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=_mark_point
check_PROGRAMS += %D%/test_fair
TESTS += %D%/test_fair
%C%_test_fair_SOURCES = %D%/test_fair.c %D%/world.c %D%/world.h
%C%_test_fair_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sendmsg,--wrap=readv
check_PROGRAMS += %D%/test_link
TESTS += %D%/test_link
%C%_test_link_SOURCES = %D%/test_link.c %D%/world.c %D%/world.h
check_PROGRAMS += %D%/test_link_move
TESTS += %D%/test_link_move
%C%_test_link_move_SOURCES = %D%/test_link_move.c %D%/world.c %D%/world.h
check_PROGRAMS += %D%/test_link_resume
TESTS += %D%/test_link_resume
%C%_test_link_resume_SOURCES = %D%/test_link_resume.c %D%/world.c %D%/world.h
check_PROGRAMS += %D%/test_link_rx
TESTS += %D%/test_link_rx
%C%_test_link_rx_SOURCES = %D%/test_link_rx.c %D%/world.c %D%/world.h
check_PROGRAMS += %D%/test_link_tx
TESTS += %D%/test_link_tx
%C%_test_link_tx_SOURCES = %D%/test_link_tx.c %D%/world.c %D%/world.h
%C%_test_link_tx_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=loop_turn \
	-Wl,--wrap=epoll_wait,--wrap=recv,--wrap=send,--wrap=sendmsg \
	-Wl,--wrap=readv,--wrap=malloc,--wrap=calloc
check_PROGRAMS += %D%/test_splice
TESTS += %D%/test_splice
%C%_test_splice_SOURCES = %D%/test_splice.c %D%/world.c %D%/world.h
endif
