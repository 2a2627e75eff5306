/* exit.h — exit statuses of atlax, atlax-relay and atlax-agent. */
#ifndef ATLAX_EXIT_H
#define ATLAX_EXIT_H

enum ax_exit {
	AX_EXIT_OK = 0,	     /* done; for a daemon: stopped when asked */
	AX_EXIT_FAILED = 1,  /* it was tried and did not work */
	AX_EXIT_USAGE = 2,   /* wrong command line */
	AX_EXIT_CONFIG = 3,  /* configuration file, certificate or key not usable */
	AX_EXIT_NO_RELAY = 4, /* no relay answers on the socket (atlax status) */
	AX_EXIT_CHANGES = 5, /* atlax plan: there is something to change */
};

#endif
