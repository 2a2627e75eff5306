/* kernel.c — processes, descriptors, files. Thread: main.
 * Invariant: a file lives as long as a descriptor refers to it.              */
#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"
#include "kernel_impl.h"
#include "memory.h"
#include "world.h"

static struct kernel {
	struct {
		struct file *file;
		struct proc *proc;
	} fds[FDS];
	int lowest; /* every number below is taken */
	struct proc *running;
	struct list procs;
} kernel;

void
kernel_begin(void)
{
	kernel.lowest = 0;
	kernel.running = NULL;
	list_init(&kernel.procs);
	net_begin();
}

static void
fd_drop(int fd, bool abort)
{
	int i = fd - FD_BASE;
	struct file *f = fd_file(fd);

	kernel.fds[i].file = NULL;
	kernel.fds[i].proc = NULL;
	kernel.lowest = MIN(kernel.lowest, i);
	if (--f->refs > 0)
		return;
	ax_assert(list_is_empty(&f->watches));
	if (f->kind == FILE_SOCKET)
		socket_gone(f, abort);
	if (f->kind == FILE_LISTENER)
		listener_gone(f);
	free(f);
}

void
kernel_end(void)
{
	for (int i = 0; i < FDS; i++)
		ax_assert(kernel.fds[i].file == NULL);
	net_end();
}

void
proc_begin(struct proc *p, const char *name)
{
	*p = (struct proc){ .name = name };
	list_init(&p->entry);
	list_init(&p->loops);
	list_add(&kernel.procs, &p->entry);
}

void
proc_end(struct proc *p)
{
	p->dead = true;
	list_del(&p->entry);
}

struct list *
procs(void)
{
	return &kernel.procs;
}

/* The numbers stay, for the program's own closing; there is nothing behind them. */
void
proc_kill(struct proc *p)
{
	p->dead = true;
	for (int i = 0; i < FDS; i++) {
		struct file *f = kernel.fds[i].file, *nothing;
		struct list *l, *tmp;

		if (f == NULL || kernel.fds[i].proc != p || f->kind == FILE_COUNTER)
			continue;
		nothing = calloc(1, sizeof(*nothing));
		ax_assert(nothing != NULL);
		nothing->kind = FILE_COUNTER;
		nothing->refs = 1;
		list_init(&nothing->watches);
		list_init(&nothing->entry);
		list_foreach_safe(l, tmp, &f->watches) {
			struct entry *e = container_of(l, struct entry, of_file);

			if (e->proc != p)
				continue;
			list_del(&e->of_file);
			e->file = nothing;
			list_add(&nothing->watches, &e->of_file);
		}
		fd_drop(i + FD_BASE, false);
		kernel.fds[i].file = nothing;
		kernel.fds[i].proc = p;
	}
}

void
kernel_run_as(struct proc *p)
{
	kernel.running = p;
	memory_program(p != NULL && p->loaded);
}

struct proc *
kernel_running(void)
{
	return kernel.running;
}

int
fd_new(struct file *f, struct proc *p)
{
	int i = kernel.lowest;

	while (i < FDS && kernel.fds[i].file != NULL)
		i++;
	ax_assert(i < FDS);
	kernel.lowest = i + 1;
	kernel.fds[i].file = f;
	kernel.fds[i].proc = p;
	f->refs++;
	return i + FD_BASE;
}

struct file *
fd_file(int fd)
{
	ax_assert(fd >= FD_BASE && fd < FD_BASE + FDS);
	ax_assert(kernel.fds[fd - FD_BASE].file != NULL);
	return kernel.fds[fd - FD_BASE].file;
}

void
net_close(int fd)
{
	fd_drop(fd, false);
}

void
net_abort(int fd)
{
	fd_drop(fd, true);
}

int
net_dup(int fd, struct proc *to)
{
	return fd_new(fd_file(fd), to);
}

/* --- watching ----------------------------------------------------------------- */

void
file_watch(int fd, struct entry *e)
{
	e->file = fd_file(fd);
	e->pending = true; /* epoll tells at once what holds already */
	list_init(&e->of_file);
	list_add(&e->file->watches, &e->of_file);
}

void
file_changed(struct file *f)
{
	struct list *l;

	if (f == NULL)
		return;
	list_foreach(l, &f->watches)
		container_of(l, struct entry, of_file)->pending = true;
}

/* --- counters ------------------------------------------------------------------ */

int
wake_open(void)
{
	struct file *f = calloc(1, sizeof(*f));

	ax_assert(f != NULL);
	f->kind = FILE_COUNTER;
	list_init(&f->watches);
	list_init(&f->entry);
	return fd_new(f, kernel.running);
}

void
wake_count(int fd, bool up)
{
	struct file *f = fd_file(fd);

	f->count = up ? f->count + 1 : 0;
	file_changed(f);
}

/* --- a machine that moves --------------------------------------------------------- */

void
net_strand(struct proc *p)
{
	for (int i = 0; i < FDS; i++) {
		struct file *f = kernel.fds[i].file;

		if (f == NULL || kernel.fds[i].proc != p || f->kind != FILE_SOCKET ||
		    !f->end->conn->road.tunnel || f->end->conn->stranded)
			continue;
		conn_strand(f->end->conn);
	}
}
