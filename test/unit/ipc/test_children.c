/* Parent and programs, with stand-ins: start, refusal, death and rebirth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/children.h"
#include "ipc/room.h"
#include "wire/cbor.h"

/* Deep enough that a socket's path would not fit. */
#define DEEP \
	"a-folder-with-a-name-so-long-that-a-socket-in-it-has-no-name-at-all"
static char top[160], home[256], run[280];

static int
passphrase(const char *text)
{
	int m = memfd_create("plain", MFD_CLOEXEC), sealed;

	assert_true(m >= 0);
	assert_int_equal(write(m, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(m, 0, SEEK_SET), 0);
	sealed = memfd_seal(m, -1, "passphrase");
	assert_true(sealed >= 0);
	close(m);
	return sealed;
}

static void
make_room(enum role role)
{
	struct room room;
	struct why why;
	char path[300];

	path_join(path, sizeof(path), home, role_name(role));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(room_user(role, &room, &why), REASON_OK);
	if (room.user != 0)
		assert_int_equal(chown(path, room.user, room.group), 0);
}

/* The folder of programs: one stand-in by four names. */
static int
make_home(void **state)
{
	static const char *const roles[] = { "front", "checker", "authority",
		"signer" };
	char path[300], cwd[120];
	unsigned i;

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(top, sizeof(top), "%s/children-XXXXXX", cwd);
	assert_non_null(mkdtemp(top));
	path_join(home, sizeof(home), top, DEEP);
	assert_int_equal(mkdir(home, 0700), 0);
	path_join(run, sizeof(run), home, "run");
	assert_int_equal(mkdir(run, 0700), 0);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/hallmark-%s", home, roles[i]);
		assert_int_equal(symlink(STAND_IN, path), 0);
		make_room(ROLE_FRONT + i);
	}
	return 0;
}

static int
remove_home(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", top);
	return system(command);
}

static const char *organization = "first";

static struct children_plan
plan_of(int secret)
{
	struct children_plan p = { .bindir = home,
		.fronts = 2,
		.with_checker = true,
		.with_authority = true,
		.with_signer = true,
		.listener = -1,
		.passphrase = secret,
		.admin_listener = -1,
		.tls = -1,
		.home = home };

	strcpy(p.start.config.organization, organization);
	return p;
}

static void
put_admin(struct cbor_out *o, const void *value)
{
	message_admin_put(o, value);
}

static void
test_ask_offline(void **state)
{
	struct children_plan p = plan_of(passphrase("sesame\n"));
	struct message_admin m = { .verb = "name" };
	struct message_admin_reply answer;
	struct children *c = NULL;
	struct frame reply;
	struct why why;
	struct cbor in;
	unsigned i;

	(void)state;
	assert_int_equal(children_start(&p, &c, &why), REASON_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    children_ask(c, ROLE_AUTHORITY, MESSAGE_ADMIN, put_admin,
			&m, MESSAGE_ADMIN_REPLY, &reply, &why),
		    REASON_OK);
		cbor_open(&in, reply.payload, true);
		assert_true(message_admin_reply_get(&in, &answer));
		assert_true(span_is(answer.json, "first"));
	}
	/* A program that gives up while it is asked is not waited for. */
	strcpy(m.verb, "fail");
	assert_int_equal(children_ask(c, ROLE_AUTHORITY, MESSAGE_ADMIN,
			     put_admin, &m, MESSAGE_ADMIN_REPLY, &reply, &why),
	    REASON_UNAVAILABLE);
	assert_int_equal(children_ask(c, ROLE_FRONT, MESSAGE_ADMIN, put_admin,
			     &m, MESSAGE_ADMIN_REPLY, &reply, &why),
	    REASON_UNAVAILABLE);
	children_stop(c);
	close(p.passphrase);
}

static void
test_refused_start(void **state)
{
	struct children_plan p = plan_of(passphrase("wrong"));
	struct children *c = NULL;
	struct why why;

	(void)state;
	assert_int_equal(children_start(&p, &c, &why), REASON_PASSPHRASE);
	assert_string_equal(why.text, "try sesame");
	assert_null(c);
	close(p.passphrase);
	p.bindir = "/nonexistent";
	assert_int_equal(children_start(&p, &c, &why), REASON_UNAVAILABLE);
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, 0), -1);
}

static bool
rename_home(void *context, struct children_plan *plan)
{
	(void)context;
	strcpy(plan->start.config.organization, "renamed");
	return true;
}

/* `serve` as a process of its own, when all its programs are ready. */
static pid_t
serve(int listener, bool restart)
{
	struct children_plan p = plan_of(passphrase("sesame"));
	struct children *c = NULL;
	struct why why;
	sigset_t held;
	char byte;
	pid_t pid;
	int status, told[2];

	assert_int_equal(pipe(told), 0);
	/* Signals that come before children_run() waits must not be lost. */
	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGTERM);
	if ((pid = fork()) != 0) {
		close(p.passphrase);
		close(told[1]);
		assert_int_equal(read(told[0], &byte, 1), 1);
		close(told[0]);
		return pid;
	}
	sigprocmask(SIG_BLOCK, &held, NULL);
	p.admin_listener = listener;
	p.restart = p.apart = restart;
	if (children_start(&p, &c, &why) != REASON_OK)
		_exit(99);
	if (write(told[1], "r", 1) != 1)
		_exit(98);
	status = children_run(c, rename_home, NULL);
	children_stop(c);
	_exit(status);
}

static void
ask(struct admin_connection *a, const char *verb,
    struct message_admin_reply *reply)
{
	struct message_admin m = { 0 };
	struct why why;

	strcpy(m.verb, verb);
	assert_int_equal(admin_ask(a, &m, reply, &why), REASON_OK);
}

static void
test_restart_and_reload(void **state)
{
	int listener = admin_listen(home), status;
	struct message_admin_reply reply;
	struct admin_connection *a;
	struct stat st;
	char path[300];
	pid_t pid;

	(void)state;
	assert_true(listener >= 0);
	path_join(path, sizeof(path), run, "admin.sock");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	pid = serve(listener, true);
	close(listener);
	assert_non_null(a = admin_connect(home));
	/* Answered only when the authority got a second signer. */
	ask(a, "kill-signer", &reply);
	assert_true(span_is(reply.json, "{\"back\":true}"));
	ask(a, "lost", &reply);
	assert_true(span_is(reply.json, "1"));
	kill(pid, SIGHUP);
	do {
		ask(a, "name", &reply);
	} while (!span_is(reply.json, "renamed"));
	admin_close(a);
	/* A stale connection of another kind is dropped, the service lives. */
	assert_non_null(a = admin_connect(home));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	admin_close(a);
	assert_null(admin_connect(home));
}

/* A checker apart is there when it was asked for, and a new one each time. */
static void
test_fresh(void **state)
{
	int listener = admin_listen(home), status;
	struct message_admin_reply reply;
	struct admin_connection *a;
	pid_t pid;

	(void)state;
	pid = serve(listener, true);
	close(listener);
	assert_non_null(a = admin_connect(home));
	ask(a, "apart", &reply);
	assert_true(span_is(reply.json, "none"));
	ask(a, "fresh", &reply);
	assert_true(span_is(reply.json, "1"));
	/* It lives, and goes for the next one all the same. */
	ask(a, "apart", &reply);
	assert_true(span_is(reply.json, "there"));
	ask(a, "fresh", &reply);
	assert_true(span_is(reply.json, "2"));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	admin_close(a);
}

/* One that cannot start is shown to nobody: who asks it would blame what he asked. */
static void
test_unborn(void **state)
{
	int listener = admin_listen(home), status;
	struct message_admin_reply reply;
	struct admin_connection *a;
	pid_t pid;

	(void)state;
	organization = "unborn";
	pid = serve(listener, true);
	organization = "first";
	close(listener);
	assert_non_null(a = admin_connect(home));
	ask(a, "order", &reply);
	poll(NULL, 0, 2500);
	ask(a, "born", &reply);
	assert_true(span_is(reply.json, "none"));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	admin_close(a);
}

/* Nothing is left for a new process, for a while: what died comes back behind it. */
static void
test_no_process(void **state)
{
	int listener = admin_listen(home), status;
	/* All of these are open; poll() takes no more than the limit. */
	struct rlimit many, none = { .rlim_cur = 12 };
	struct message_admin_reply reply;
	struct admin_connection *a;
	pid_t pid, helper;

	(void)state;
	pid = serve(listener, true);
	close(listener);
	assert_non_null(a = admin_connect(home));
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &many), 0);
	none.rlim_max = many.rlim_max;
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &none, NULL), 0);
	if ((helper = fork()) == 0) {
		poll(NULL, 0, 1500);
		_exit(prlimit(pid, RLIMIT_NOFILE, &many, NULL) != 0);
	}
	/* Answered only when the authority got a second signer. */
	ask(a, "kill-signer", &reply);
	assert_int_equal(waitpid(helper, &status, WNOHANG), helper);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	admin_close(a);
}

/* Nobody takes them: the next one is told so, and does not wait for ever. */
static void
test_full_house(void **state)
{
	struct admin_connection *waiting[64];
	int listener = admin_listen(home);
	unsigned n = 0;

	(void)state;
	alarm(20);
	while (n < 64 && (waiting[n] = admin_connect(home)) != NULL)
		n++;
	alarm(0);
	assert_in_range(n, 1, 63);
	while (n > 0)
		admin_close(waiting[--n]);
	close(listener);
}

/* Who says that the start goes on is waited for longer than who says nothing. */
static void
test_slow_start(void **state)
{
	struct children_plan p = plan_of(passphrase("sesame"));
	struct children *c = NULL;
	struct why why;

	(void)state;
	p.patience = 3000;
	strcpy(p.start.config.organization, "slow");
	assert_int_equal(children_start(&p, &c, &why), REASON_OK);
	children_stop(c);
	/* Somebody else's word is good for who waits for him. */
	strcpy(p.start.config.organization, "awaited");
	assert_int_equal(children_start(&p, &c, &why), REASON_OK);
	children_stop(c);
	/* Once is enough for what cannot speak. */
	strcpy(p.start.config.organization, "busy");
	assert_int_equal(children_start(&p, &c, &why), REASON_OK);
	children_stop(c);
	strcpy(p.start.config.organization, "stuck");
	assert_int_equal(children_start(&p, &c, &why), REASON_UNAVAILABLE);
	assert_non_null(strstr(why.text, "authority was not ready in time"));
	close(p.passphrase);
}

/* An authority that says what is wrong is not started again and again. */
static void
test_failure_ends_service(void **state)
{
	int listener = admin_listen(home), status;
	struct message_admin m = { .verb = "fail" };
	struct message_admin_reply reply;
	struct admin_connection *a;
	struct why why;
	pid_t pid;

	(void)state;
	pid = serve(listener, true);
	close(listener);
	assert_non_null(a = admin_connect(home));
	assert_int_equal(admin_ask(a, &m, &reply, &why), REASON_UNAVAILABLE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	admin_close(a);
}

/* A checker that a stranger owns can end itself, and says what it likes before. */
static void
test_checker_ends_nobody(void **state)
{
	int listener = admin_listen(home), status;
	struct message_admin_reply reply;
	struct admin_connection *a;
	pid_t pid;

	(void)state;
	pid = serve(listener, true);
	close(listener);
	assert_non_null(a = admin_connect(home));
	ask(a, "fail-checker", &reply);
	assert_true(span_is(reply.json, "{\"back\":true}"));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	admin_close(a);
}

static void
test_memfd_is_sealed(void **state)
{
	int ends[2], m;

	(void)state;
	m = passphrase("sesame");
	assert_int_equal(write(m, "x", 1), -1);
	assert_int_equal(ftruncate(m, 0), -1);
	close(m);
	/* From a pipe too, where the kernel cannot copy by itself. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "sesame\n", 7), 7);
	close(ends[1]);
	m = memfd_seal(ends[0], -1, "passphrase");
	assert_true(m >= 0);
	assert_int_equal(ftruncate(m, 0), -1);
	close(m);
	close(ends[0]);
	/* Nothing to seal. */
	m = open("/dev/null", O_RDONLY);
	assert_int_equal(memfd_seal(m, -1, "passphrase"), -1);
	close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ask_offline),
		cmocka_unit_test(test_refused_start),
		cmocka_unit_test(test_restart_and_reload),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_unborn),
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_full_house),
		cmocka_unit_test(test_failure_ends_service),
		cmocka_unit_test(test_checker_ends_nobody),
		cmocka_unit_test(test_memfd_is_sealed),
	};

	return cmocka_run_group_tests(tests, make_home, remove_home);
}
