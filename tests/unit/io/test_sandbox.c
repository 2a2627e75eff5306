/* Tests of io/sandbox.c: each in a child, for what is given up does not come back. */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check_main.h"

#if defined(ATLAX_SANDBOX) && ATLAX_SANDBOX

#define UNFILTERED 250 /* the kernel cannot */

#define KILLED 251

#define LATER_CALL 4000L /* no kernel has it yet */

struct seen {
	int result; /* of the child: an errno, 0, or one of these */
	char said[2048];
};

/* Calls fn within the program's filter. */
static void
within(enum sandbox who, int (*fn)(void), struct seen *out)
{
	int fds[2], status;
	ssize_t n, all = 0;
	struct err e;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)dup2(fds[1], STDERR_FILENO);
		sandbox_drop(who);
		_exit(sandbox_enter(who, &e) < 0 ? UNFILTERED : fn());
	}
	close(fds[1]);
	while ((n = read(fds[0], out->said + all, sizeof(out->said) - 1 - (size_t)all)) > 0)
		all += n;
	out->said[all] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) || WTERMSIG(status) == SIGSYS);
	out->result = WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

static void
refuses_with(enum sandbox who, int error, int (*fn)(void), long call)
{
	char number[32];
	struct seen s;

	within(who, fn, &s);
	if (s.result == UNFILTERED)
		return;
	ck_assert_msg(s.result == error, "program %d, %ld: %d", who, call, s.result);
	(void)snprintf(number, sizeof(number), "number %ld;", call);
	ck_assert_msg(strstr(s.said, number) != NULL, "%ld: %s", call, s.said);
	ck_assert_ptr_nonnull(strstr(s.said, "sandbox: off"));
}

static void
refuses(enum sandbox who, int (*fn)(void), long call)
{
	refuses_with(who, EPERM, fn, call);
}

static void
lets(enum sandbox who, int (*fn)(void), const char *name)
{
	struct seen s;

	within(who, fn, &s);
	ck_assert_msg(s.result == 0 || s.result == UNFILTERED, "program %d, %s: %d, %s", who,
	    name, s.result, s.said);
}

static int
failed(long r)
{
	return r < 0 ? errno : 0;
}

static int
shell(void)
{
	(void)execl("/bin/sh", "sh", "-c", "exit 0", (char *)NULL);
	return errno;
}

static int
program(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int
trace(void)
{
	return failed(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
fork_one(void)
{
	return failed(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

/* Between calls that a relay may make, and after all of them. */
static int
set_host(void)
{
	return failed(syscall(SYS_sethostname, "none", -1));
}

static int
later_call(void)
{
	return failed(syscall(LATER_CALL));
}

static int
no_call(void)
{
	return failed(syscall(-1));
}

static int
load_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int
make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);

	return p == MAP_FAILED ? 100 : failed(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
other_memory(void)
{
	return failed(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
}

static int
root_dir(void)
{
	return failed(chroot("/"));
}

static int
modules(void)
{
	return failed(syscall(SYS_delete_module, "none", 0));
}

static int
bpf(void)
{
	return failed(syscall(SYS_bpf, 0, NULL, 0));
}

#define SOCKET(name, family) \
	static int name(void) \
	{ \
		return failed(socket(family, SOCK_DGRAM, 0)); \
	}
SOCKET(packet, AF_PACKET)
SOCKET(kernel_crypto, AF_ALG)
SOCKET(machine, AF_VSOCK)
SOCKET(routes, AF_NETLINK)
SOCKET(ip, AF_INET)
SOCKET(ip6, AF_INET6)
SOCKET(local, AF_UNIX)

START_TEST(no_program_takes_over_others)
{
	for (int who = SANDBOX_SIGNER; who <= SANDBOX_RELAY; who++) {
		refuses(who, trace, SYS_ptrace);
		refuses(who, root_dir, SYS_chroot);
		refuses(who, modules, SYS_delete_module);
		refuses(who, bpf, SYS_bpf);
		refuses(who, packet, SYS_socket);
		refuses(who, kernel_crypto, SYS_socket);
		refuses(who, machine, SYS_socket);
		refuses(who, other_memory, SYS_process_vm_readv);
	}
}
END_TEST

/* C libraries try what is new, and go on without it when there is no such call. */
START_TEST(calls_of_later_kernels_do_not_exist)
{
	for (int who = SANDBOX_SIGNER; who <= SANDBOX_RELAY; who++) {
		refuses(who, set_host, SYS_sethostname);
		refuses_with(who, ENOSYS, later_call, LATER_CALL);
		refuses_with(who, ENOSYS, no_call, -1);
	}
}
END_TEST

START_TEST(only_a_relay_executes)
{
	for (int who = SANDBOX_SIGNER; who <= SANDBOX_AGENT; who++) {
		refuses(who, shell, SYS_execve);
		refuses(who, fork_one, SYS_clone);
		refuses(who, load_code, SYS_mmap);
		refuses(who, make_code, SYS_mprotect);
	}
	lets(SANDBOX_RELAY, program, "execve"); /* an upgrade */
}
END_TEST

/* It makes calls that are not on the list, before it could do harm. */
START_TEST(no_shell_lives_in_a_relay)
{
	struct seen s;

	within(SANDBOX_RELAY, shell, &s);
	ck_assert(s.result == KILLED || s.result == UNFILTERED);
}
END_TEST

START_TEST(families_are_those_of_the_program)
{
	refuses(SANDBOX_SIGNER, ip, SYS_socket);
	refuses(SANDBOX_SIGNER, ip6, SYS_socket);
	refuses(SANDBOX_SIGNER, routes, SYS_socket);
	refuses(SANDBOX_RELAY, routes, SYS_socket);
	lets(SANDBOX_SIGNER, local, "unix");
	lets(SANDBOX_AGENT, local, "unix");
	lets(SANDBOX_AGENT, ip, "ip");
	lets(SANDBOX_AGENT, routes, "routes");
	lets(SANDBOX_RELAY, local, "unix");
	lets(SANDBOX_RELAY, ip, "ip");
}
END_TEST

static void *
other_thread(void *arg)
{
	int *r = arg;

	while (__atomic_load_n(&r[0], __ATOMIC_ACQUIRE) == 0)
		sched_yield();
	r[1] = trace();
	return NULL;
}

/* One that began before is confined, too. */
START_TEST(all_threads_are_confined)
{
	int state[2] = { 0, 0 }, status;
	pid_t pid = fork();
	pthread_t t;
	struct err e;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		sandbox_drop(SANDBOX_RELAY);
		(void)pthread_create(&t, NULL, other_thread, state);
		if (sandbox_enter(SANDBOX_RELAY, &e) < 0)
			_exit(EPERM);
		__atomic_store_n(&state[0], 1, __ATOMIC_RELEASE);
		(void)pthread_join(t, NULL);
		_exit(state[1]);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EPERM);
}
END_TEST

/* The line of /proc/self/status with this name, as a number. */
static unsigned long long
own(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long v = ~0ull;
	char line[256];
	size_t n = strlen(name);

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			v = strtoull(line + n + 1, NULL, 16);
	if (f != NULL)
		fclose(f);
	return v;
}

static int
drop(enum sandbox who, unsigned long long most)
{
	unsigned long long had = own("CapPrm");

	sandbox_drop(who);
	if (own("NoNewPrivs") != 1)
		return 1;
	if (own("CapPrm") != (had & most) || own("CapEff") != (had & most))
		return 2;
	return (own("CapAmb") & ~most) != 0 || (own("CapInh") & ~most) != 0 ? 3 :
	    geteuid() == 0 && had != 0 && (own("CapBnd") & ~most) != 0 ? 4 : 0;
}

/* Its own filter lets everything through. */
static void *
apart(void *ready)
{
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { .len = 1, .filter = all };
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);

	__atomic_store_n((int *)ready, r == 0 ? 1 : 2, __ATOMIC_RELEASE);
	(void)pause();
	return NULL;
}

/* In a child: it exits with 0 if all is well. */
static void
one_is_apart(void)
{
	pthread_t t;
	struct err e;
	int ready = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    pthread_create(&t, NULL, apart, &ready) != 0)
		_exit(1);
	while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) == 0)
		(void)usleep(1000);
	if (ready == 2)
		_exit(0); /* no filters here */
	if (sandbox_enter(SANDBOX_RELAY, &e) == 0)
		_exit(2);
	_exit(strncmp(e.text, "thread ", 7) == 0 ? 0 : 3);
}

START_TEST(all_threads_or_none)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		one_is_apart();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(capabilities_are_given_up)
{
	/* CAP_DAC_OVERRIDE as root, CAP_NET_BIND_SERVICE */
	unsigned long long files = geteuid() == 0 ? 1u << 1 : 0, ports = 1u << 10;
	const unsigned long long most[] = { [SANDBOX_SIGNER] = 0, [SANDBOX_AGENT] = files,
		[SANDBOX_RELAY] = files | ports };

	for (int who = SANDBOX_SIGNER; who <= SANDBOX_RELAY; who++) {
		int status;
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(drop(who, most[who]));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "program %d: %d", who, WEXITSTATUS(status));
	}
}
END_TEST

CHECK_MAIN("io/sandbox", no_program_takes_over_others,
    calls_of_later_kernels_do_not_exist, only_a_relay_executes,
    no_shell_lives_in_a_relay,
    families_are_those_of_the_program, all_threads_are_confined, all_threads_or_none,
    capabilities_are_given_up)

#else

START_TEST(without_it_nothing_is_given_up)
{
	struct err e;

	sandbox_drop(SANDBOX_AGENT);
	ck_assert_int_eq(sandbox_enter(SANDBOX_AGENT, &e), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}
END_TEST

CHECK_MAIN("io/sandbox", without_it_nothing_is_given_up)

#endif
