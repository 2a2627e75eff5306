# Attacks on TLS by hand; run in this process by "make check", over TCP by
# tests/integration. See README.
check_PROGRAMS += %D%/attack
TESTS += %D%/attack
%C%_attack_SOURCES = %D%/attack.c %D%/attack.h %D%/attack_common.c \
	%D%/client_cases.c %D%/raw.c %D%/raw.h %D%/server_cases.c \
	tests/unit/tls/yard.c tests/unit/tls/yard.h
%C%_attack_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
EXTRA_DIST += %D%/README
