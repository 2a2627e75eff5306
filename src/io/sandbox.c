/* sandbox.c — capabilities by libcap-ng, system calls by libseccomp.
 *
 * Thread: see the header. Invariant: whatever a program does between sandbox_enter and
 * its end, and what the next one needs to start in an upgrade, is on its list. The
 * handler allocates: so what malloc calls is on every list, and it never runs inside
 * of malloc.                                                                 */
#include "io/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/str.h"

/* --- a call that is refused -------------------------------------------------------- */

/* Of the thread that called; its call returns what is put into its registers. */
static void
on_refused(int signo AX_UNUSED, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	int was = errno;
	char *name = seccomp_syscall_resolve_num_arch(
	    SCMP_ARCH_NATIVE, info->si_syscall);
	long r = name == NULL ? -ENOSYS : -EPERM;
	char text[160];
	struct str s;

	str_init(&s, text, sizeof(text));
	str_fmt(&s, "sandbox: refused the system call %s (%d); if this is no attack, "
	    "set sandbox: off and report it\n", name == NULL ? "?" : name,
	    info->si_syscall);
	(void)!write(STDERR_FILENO, s.p, s.len);
	free(name);
#ifdef __x86_64__
	c->uc_mcontext.gregs[REG_RAX] = r;
#elif defined(__aarch64__)
	c->uc_mcontext.regs[0] = (unsigned long)r;
#else
	(void)c;
	(void)r;
#endif
	errno = was;
}

/* --- capabilities --------------------------------------------------------------- */

static void
keep_one(unsigned cap, bool has)
{
	if (has) /* ambient: it would be gone in the process that takes over */
		(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED |
		    CAPNG_INHERITABLE | CAPNG_BOUNDING_SET | CAPNG_AMBIENT, cap);
}

void
sandbox_drop(enum sandbox who)
{
	const struct sigaction act = { .sa_sigaction = on_refused,
		.sa_flags = SA_SIGINFO | SA_NODEFER };
	bool files, ports, bounds;

	/* Already: who takes over may be confined from its birth. */
	(void)sigaction(SIGSYS, &act, NULL);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (capng_get_caps_process() < 0)
		return;
	/* Who is root by number alone could not read the files of the user atlax. */
	files = who != SANDBOX_SIGNER && geteuid() == 0 &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
	ports = who == SANDBOX_RELAY &&
	    capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE);
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	keep_one(CAP_DAC_OVERRIDE, files);
	keep_one(CAP_NET_BIND_SERVICE, ports);
	if (bounds)
		(void)capng_apply(CAPNG_SELECT_BOUNDS);
	(void)capng_apply(CAPNG_SELECT_CAPS);
	(void)capng_apply(CAPNG_SELECT_AMBIENT);
}

/* --- system calls ------------------------------------------------------------------ */

/* Memory, time, files, sockets, signals, polling, and the end. */
enum { AGENT = 1 << SANDBOX_AGENT, RELAY = 1 << SANDBOX_RELAY, ALL = 7 };

static const int16_t common[] = {
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(getrandom),
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat),
	SCMP_SYS(stat64), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
	SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(ioctl), SCMP_SYS(flock),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fchmod), SCMP_SYS(chmod),
	SCMP_SYS(fchmodat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(bind),
	SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
	SCMP_SYS(shutdown), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcwd),
	SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const int16_t relay[] = {
	/* threads, and how they wait for each other */
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(membarrier), SCMP_SYS(sched_setaffinity),
	/* a process that takes over */
	SCMP_SYS(vfork), SCMP_SYS(execve), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(wait4),
	/* its beginning, and the linker's */
	SCMP_SYS(arch_prctl), SCMP_SYS(set_tls), SCMP_SYS(set_tid_address),
	SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(setrlimit),
	SCMP_SYS(prctl), SCMP_SYS(capget), SCMP_SYS(capset), SCMP_SYS(seccomp),
	SCMP_SYS(signalfd4), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
};

#if defined(__x86_64__) || defined(__aarch64__)
#define REFUSED SCMP_ACT_TRAP
#else
#define REFUSED SCMP_ACT_ERRNO(EPERM) /* without a line */
#endif

/* What is allowed with one argument: its bits in mask are value. */
static const struct only {
	int16_t call;
	uint8_t who; /* bits */
	uint8_t arg;
	uint32_t mask, value;
} only[] = {
	{ SCMP_SYS(socket), ALL, 0, UINT32_MAX, AF_UNIX },
	{ SCMP_SYS(socketpair), ALL, 0, UINT32_MAX, AF_UNIX },
	{ SCMP_SYS(socket), AGENT | RELAY, 0, UINT32_MAX, AF_INET },
	{ SCMP_SYS(socket), AGENT | RELAY, 0, UINT32_MAX, AF_INET6 },
	{ SCMP_SYS(socket), AGENT, 0, UINT32_MAX, AF_NETLINK },
	/* The next relay is code. */
	{ SCMP_SYS(mmap), ALL, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap2), ALL, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), ALL, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mmap), RELAY, 2, PROT_EXEC, PROT_EXEC },
	{ SCMP_SYS(mmap2), RELAY, 2, PROT_EXEC, PROT_EXEC },
	{ SCMP_SYS(mprotect), RELAY, 2, PROT_EXEC, PROT_EXEC },
};

static int
add_all(scmp_filter_ctx f, enum sandbox who)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(common); i++)
		r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, common[i], 0, NULL);
	for (size_t i = 0; r == 0 && who == SANDBOX_RELAY && i < ARRAY_LEN(relay); i++)
		r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, relay[i], 0, NULL);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(only); i++) {
		const struct only *o = &only[i];
		struct scmp_arg_cmp cmp = { o->arg, SCMP_CMP_MASKED_EQ, o->mask, o->value };

		if ((o->who >> who & 1) != 0)
			r = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, o->call, 1, &cmp);
	}
	return r;
}

int
sandbox_enter(enum sandbox who, struct err *e)
{
	scmp_filter_ctx f = seccomp_init(REFUSED);
	int r = f == NULL ? -ENOMEM : /* all threads, or none */
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);

	if (r == 0) /* a tree: older kernels go through it at each call */
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = add_all(f, who);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r == 0 ? 0 :
	    err_set(e, AX_E_UNSUPPORTED, "the kernel takes no filter of system calls "
	    "(error %d)", -r);
}
