/* kernel_impl.h — between kernel.c (processes and descriptors) and net.c (TCP).
 * Thread: main.                                                              */
#ifndef ATLAX_TESTS_WORLD_KERNEL_IMPL_H
#define ATLAX_TESTS_WORLD_KERNEL_IMPL_H

#include "kernel.h"

#define FD_BASE 100000
#define FDS 4096

enum file_kind { FILE_SOCKET, FILE_LISTENER, FILE_COUNTER };

/* One end of a connection. */
struct end {
	struct conn *conn;
	struct file *file; /* NULL: none (any more) */
	struct pipe out;   /* towards the other end, with what it has not read */
	size_t told;	   /* of the bytes that have come, those that were told */
	uint64_t lost;	   /* bytes that went nowhere, but take room here */
	uint64_t quota;	   /* the most that may still be sent: no ACK comes back */
	uint64_t up_ns;	   /* connected from then on */
	uint64_t fin_ns;   /* when the other end's FIN is here */
	uint64_t rst_ns;   /* and its RST */
	int err;	   /* to be told once */
	bool up, open, shut, fin, dead, full;
};

struct conn {
	struct list entry;
	struct road road;
	struct end end[2]; /* [0] has connected */
	struct file *listener; /* where [1] waits to be accepted, or NULL */
	bool stranded;	       /* the machine of [0] is elsewhere now */
	unsigned trip;	       /* cut when so much more was said; 0: never */
	uint16_t port;
};

struct file {
	enum file_kind kind;
	unsigned refs;
	struct list watches;
	struct end *end;     /* socket */
	uint16_t port;	     /* listener */
	struct road road;
	bool deaf;
	unsigned waiting;    /* connections that are up, to be accepted */
	struct list entry;   /* among listeners */
	uint64_t count;	     /* counter */
};

/* A number for it in p; takes a reference. */
int fd_new(struct file *f, struct proc *p);
struct file *fd_file(int fd);
/* Something changed: those that watch it are told. */
void file_changed(struct file *f);
/* The last descriptor has gone. */
void socket_gone(struct file *f, bool abort);
void listener_gone(struct file *f);
/* Its machine has another address: nothing passes. */
void conn_strand(struct conn *c);
void net_begin(void);
void net_end(void);

#endif
