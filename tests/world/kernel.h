/* kernel.h — the machines under the programs: processes, descriptors, TCP between
 * them. It has of a kernel what src/io and src/link use of it: non-blocking sockets
 * that report changes once. Descriptors begin at FD_BASE, so that one of the real
 * system that strays in is seen. Thread: main.
 * Units: ns of the virtual clock, bytes.                                     */
#ifndef ATLAX_TESTS_WORLD_KERNEL_H
#define ATLAX_TESTS_WORLD_KERNEL_H

#include <sys/types.h>

#include "base/list.h"
#include "io/loop.h"
#include "tests/sim/pipe.h"

struct netchange;

/* A process: what a kill ends and a freeze stops. */
struct proc {
	const char *name;
	struct list entry;
	struct list loops;
	uint64_t frozen_ns; /* does not run until then */
	bool dead;	    /* its descriptors are closed */
	bool loaded;	    /* it may lack memory */
	bool strands;	    /* its machine has another address than before */
	struct netchange *network; /* who wants to hear of that */
};

/* Where a connection leads through. */
struct road {
	struct pipe_args pipe;
	size_t room;	    /* of buffers, for each direction */
	bool tunnel;	    /* between an agent and the relay: faults meet it */
	bool lost;	    /* what is sent goes nowhere, connecting included */
};

struct file;
struct conn;

void kernel_begin(void);
/* Whatever is left is closed. */
void kernel_end(void);
void proc_begin(struct proc *p, const char *name);
/* Closes all that it has, as the kernel does after kill -9. What it does from then
 * on (to give back its memory) reaches nobody.                               */
void proc_kill(struct proc *p);
void proc_end(struct proc *p); /* has closed everything */
/* All that run, in the order of their beginning. */
struct list *procs(void);
/* Whose calls these are from here on; NULL: the world's own. */
void kernel_run_as(struct proc *p);
struct proc *kernel_running(void);

/* --- sockets --------------------------------------------------------------- */

int net_listen(uint16_t port, const struct road *road);
/* Fails with errno; or the connection is made later. */
int net_connect(uint16_t port);
int net_accept(int fd); /* -1: nobody waits */
void net_deafen(int fd); /* nobody comes in any more */
uint16_t net_port(int fd);
bool net_is_listener(int fd);
ssize_t net_recv(int fd, void *p, size_t n);
size_t net_readable(int fd); /* bytes */
ssize_t net_send(int fd, const void *p, size_t n);
void net_shutdown(int fd);
int net_error(int fd); /* SO_ERROR */
bool net_is_connected(int fd);
void net_close(int fd);
void net_abort(int fd);
/* The same file by another number, for another process. */
int net_dup(int fd, struct proc *to);
/* Does its process's machine still have the address that it comes from? */
bool net_is_stranded(int fd);

/* A counter that wakes its loop. */
int wake_open(void);
void wake_count(int fd, bool up);

/* --- loops ------------------------------------------------------------------ */

struct entry { /* of a watch */
	struct list of_file, of_loop;
	struct watch *watch;
	struct file *file;
	struct proc *proc;
	enum loop_mode mode;
	bool pending; /* something has changed */
};

/* What holds now. */
uint32_t file_readiness(const struct file *f);
void file_watch(int fd, struct entry *e);

/* --- time and faults --------------------------------------------------------- */

/* Lets bytes, ends and resets arrive that are due. */
void net_advance(void);
uint64_t net_next_ns(void);
/* Connections between agents and the relay, in no order. */
unsigned net_tunnels(void);
enum cut {
	CUT_TOLD,     /* both ends hear of it, sooner or later */
	CUT_ONE_TOLD, /* one of them does */
	CUT_SILENT,   /* nobody does */
	CUT_HALF,     /* one direction goes on */
	CUT_PAUSE,    /* nothing moves for a while, then all of it does */
	CUT_LATE,     /* who connected is told, but what he has sent arrives later */
	CUTS
};
/* The i-th of them, between random bytes. */
void net_cut(unsigned i, enum cut how);
/* So many of the next ones, each in any way, at one of the first things said. */
void net_trip(unsigned n);
/* All of a process's: it is somewhere else now, and nobody is told. */
void net_strand(struct proc *p);

#endif
