# One program per entry point for foreign bytes. In "make check" each replays
# its corpus and mutates it; configure --enable-fuzz links libFuzzer instead.
# main, where it is ours, comes from the library, as the linker asks for it.
check_LIBRARIES += %D%/libfuzz.a
%C%_libfuzz_a_SOURCES = %D%/fuzz.h %D%/gate_check.h %D%/identity_check.h \
	%D%/peer_frames.c %D%/peer_frames.h %D%/session_driver.c \
	%D%/session_driver.h
fuzz_programs = %D%/fuzz_client_hello %D%/fuzz_conf %D%/fuzz_control \
	%D%/fuzz_crl %D%/fuzz_der %D%/fuzz_identity_agent \
	%D%/fuzz_identity_relay %D%/fuzz_record_guard %D%/fuzz_server_hello \
	%D%/fuzz_session_agent %D%/fuzz_session_relay %D%/fuzz_two_peers
if !AGENT_ONLY
fuzz_programs += %D%/fuzz_enrol
endif
check_PROGRAMS += $(fuzz_programs)
if FUZZ
EXTRA_DIST += %D%/main.c
else
%C%_libfuzz_a_SOURCES += %D%/main.c
ONE_THREAD_TESTS += $(fuzz_programs)
endif
fuzz_ldadd = %D%/libfuzz.a tests/sim/libsim.a $(LDADD)
fuzz_ldflags = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

%C%_fuzz_client_hello_LDADD = $(fuzz_ldadd)
%C%_fuzz_client_hello_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_conf_LDADD = $(fuzz_ldadd)
%C%_fuzz_conf_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_control_LDADD = $(fuzz_ldadd)
%C%_fuzz_control_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_crl_LDADD = $(fuzz_ldadd)
%C%_fuzz_crl_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_der_LDADD = $(fuzz_ldadd)
%C%_fuzz_der_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_enrol_LDADD = $(fuzz_ldadd)
%C%_fuzz_enrol_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_identity_agent_LDADD = $(fuzz_ldadd)
%C%_fuzz_identity_agent_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_identity_relay_LDADD = $(fuzz_ldadd)
%C%_fuzz_identity_relay_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_record_guard_LDADD = $(fuzz_ldadd)
%C%_fuzz_record_guard_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_server_hello_LDADD = $(fuzz_ldadd)
%C%_fuzz_server_hello_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_session_agent_LDADD = $(fuzz_ldadd)
%C%_fuzz_session_agent_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_session_relay_LDADD = $(fuzz_ldadd)
%C%_fuzz_session_relay_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_two_peers_LDADD = $(fuzz_ldadd)
%C%_fuzz_two_peers_LDFLAGS = $(fuzz_ldflags)

dist_noinst_SCRIPTS += %D%/make-corpus
EXTRA_DIST += %D%/README
include %D%/corpus.mk
