/* A conversation with the authority, see cli.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "ipc/sandbox.h"
#include "wire/cbor.h"

/* Another short verb may hold the home: it is worth a moment's waiting. */
#define LOCK_PATIENCE  5000
/* What arguments may take of a frame, their names and heads apart. */
#define ARGUMENTS_ROOM (FRAME_MAX - 4096)

struct session {
	struct admin_connection *service;
	struct children *children;
	int lock, passphrase;
};

enum reason
home_path(const struct cli *c, char out[CONFIG_TEXT], struct why *why)
{
	char real[PATH_MAX];

	if (realpath(c->home, real) == NULL)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", c->home);
	if (!text_copy(out, CONFIG_TEXT, span_str(real)))
		return why_set(why, REASON_HOME_INVALID, -1,
		    "the path of the home is longer than %d octets",
		    CONFIG_TEXT - 1);
	return REASON_OK;
}

enum reason
home_lock(const char *home, int *lock, struct why *why)
{
	char path[PATH_MAX];
	struct stat st;
	enum reason r;

	/* What exists only while something runs need not come back with a
	 * backup. */
	path_join(path, sizeof(path), home, "hallmark.ini");
	if (stat(path, &st) == 0 && st.st_uid == geteuid()) {
		path_join(path, sizeof(path), home, "run");
		(void)mkdir(path, 0700);
	}
	path_join(path, sizeof(path), home, "run/lock");
	*lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*lock < 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
		return REASON_OK;
	if (errno == EWOULDBLOCK)
		r = why_set(why, REASON_HOME_LOCKED, -1,
		    "a service or a verb runs: stop it first, or wait");
	else
		r = why_set(why, REASON_HOME_LOCKED, -1, "%.150s: %m", path);
	close(*lock);
	*lock = -1;
	return r;
}

/* The service, or the lock of a home without one. */
static enum reason
join(struct session *s, const char *home, struct why *why)
{
	int64_t deadline = clock_ticks() + LOCK_PATIENCE;
	enum reason r;

	do {
		if ((s->service = admin_connect(home)) != NULL)
			return REASON_OK;
		r = home_lock(home, &s->lock, why);
		if (r != REASON_HOME_LOCKED)
			return r;
		poll(NULL, 0, 20);
	} while (clock_ticks() < deadline);
	return r;
}

static enum reason
start(struct session *s, const char *home, const struct config *cfg,
    enum session_need need, bool create, struct why *why)
{
	struct children_plan plan = { .with_authority = true,
		.with_checker = need != NEED_STORE,
		.with_signer = need == NEED_SIGNER,
		.listener = -1,
		.admin_listener = -1,
		.tls = -1,
		.home = home,
		.passphrase = s->passphrase };

	plan.start.config = *cfg;
	plan.start.offline = true;
	plan.start.create = create;
	memory_allow();
	return children_start(&plan, &s->children, why);
}

static struct session *
session_new(void)
{
	struct session *s = memory_new(sizeof(*s));

	s->lock = s->passphrase = -1;
	return s;
}

enum reason
session_open(const struct cli *c, enum session_need need, struct session **out,
    struct why *why)
{
	struct session *s = session_new();
	struct config cfg;
	char home[CONFIG_TEXT];
	enum reason r;

	*out = s;
	/* A service goes by what it has read, whatever the file says by now. */
	if ((r = home_path(c, home, why)) != REASON_OK ||
	    (r = join(s, home, why)) != REASON_OK || s->service != NULL ||
	    (r = config_read(home, &cfg, why)) != REASON_OK)
		goto out;
	if (need == NEED_SIGNER &&
	    (r = passphrase_get(c, false, &s->passphrase, why)) != REASON_OK)
		goto out;
	r = start(s, home, &cfg, need, false, why);
out:
	if (r != REASON_OK) {
		session_close(s);
		*out = NULL;
	}
	return r;
}

enum reason
session_create(const char *home, const struct config *cfg, int passphrase,
    struct session **out, struct why *why)
{
	struct session *s = session_new();
	enum reason r;

	*out = s;
	s->passphrase = fcntl(passphrase, F_DUPFD_CLOEXEC, 3);
	if (s->passphrase < 0)
		fatal_errno("the passphrase");
	if ((r = home_lock(home, &s->lock, why)) == REASON_OK)
		r = start(s, home, cfg, NEED_SIGNER, true, why);
	if (r != REASON_OK) {
		session_close(s);
		*out = NULL;
	}
	return r;
}

bool
session_alone(const struct session *s)
{
	return s->service == NULL;
}

void
session_close(struct session *s)
{
	if (s == NULL)
		return;
	admin_close(s->service);
	children_stop(s->children);
	if (s->passphrase >= 0)
		close(s->passphrase);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
}

static void
put_admin(struct cbor_out *o, const void *value)
{
	message_admin_put(o, value);
}

/* The checks that the authority's reader makes, so that it is told politely. */
static enum reason
check_request(const struct message_admin *m, struct why *why)
{
	size_t all = 0;
	unsigned i;

	for (i = 0; i < m->arguments_len; i++) {
		if (m->arguments[i].value.len > MANIFEST_SIZE_MAX)
			return why_set(why, REASON_ADMIN_ARGUMENT, -1,
			    "%s is longer than %d octets", m->arguments[i].name,
			    MANIFEST_SIZE_MAX);
		all += m->arguments[i].value.len;
	}
	if (all > ARGUMENTS_ROOM)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "the arguments are too long together");
	return REASON_OK;
}

enum reason
session_ask(struct session *s, const struct message_admin *request,
    struct message_admin_reply *reply, struct why *why)
{
	struct frame frame;
	struct cbor in;
	enum reason r = check_request(request, why);

	if (r != REASON_OK)
		return r;
	if (s->service != NULL) {
		r = admin_ask(s->service, request, reply, why);
	} else {
		r = children_ask(s->children, ROLE_AUTHORITY, MESSAGE_ADMIN,
		    put_admin, request, MESSAGE_ADMIN_REPLY, &frame, why);
		if (r == REASON_OK) {
			cbor_open(&in, frame.payload, true);
			if (!message_admin_reply_get(&in, reply))
				r = why_set(why, REASON_INTERNAL, -1,
				    "the authority's answer is malformed");
		}
	}
	if (r == REASON_OK && reply->reason != REASON_OK)
		r = why_set(why, reply->reason, -1, "%s", reply->text);
	return r;
}

void
request_begin(struct message_admin *m, const char *verb)
{
	memset(m, 0, sizeof(*m));
	text_copy(m->verb, sizeof(m->verb), span_str(verb));
}

void
request_bytes(struct message_admin *m, const char *name, struct span value)
{
	struct admin_argument *a;

	if (m->arguments_len == ADMIN_ARGUMENTS_MAX)
		fatal("too many arguments");
	a = &m->arguments[m->arguments_len++];
	text_copy(a->name, sizeof(a->name), span_str(name));
	a->value = value;
}

void
request_text(struct message_admin *m, const char *name, const char *value)
{
	if (value != NULL)
		request_bytes(m, name, span_str(value));
}

int
session_run(const struct cli *c, enum session_need need,
    const struct message_admin *request)
{
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	why_clear(&why);
	if ((r = session_open(c, need, &s, &why)) != REASON_OK ||
	    (r = session_ask(s, request, &reply, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		output_json(c, reply.json);
	session_close(s);
	return code;
}

int
session_run_pem(
    const struct cli *c, const struct message_admin *request, pem_call call)
{
	struct message_admin_reply reply;
	struct session *s = NULL;
	struct buf pem;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	why_clear(&why);
	buf_init(&pem, FRAME_MAX);
	if ((r = session_open(c, NEED_STORE, &s, &why)) != REASON_OK ||
	    (r = session_ask(s, request, &reply, &why)) != REASON_OK ||
	    (r = call(s, reply.json, &pem, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		fwrite(pem.ptr, 1, pem.len, stdout);
	buf_free(&pem);
	session_close(s);
	return code;
}

int
session_run_file(const struct cli *c, enum session_need need,
    struct message_admin *request, const char *path)
{
	struct buf file;
	struct why why;
	enum reason r;
	int code;

	why_clear(&why);
	if ((r = file_read(path, &file, FILE_MAX, &why)) != REASON_OK)
		return refuse(c, r, &why);
	request_bytes(request, "certificate", buf_span(&file));
	code = session_run(c, need, request);
	buf_free(&file);
	return code;
}

int
session_verb(struct cli *c, int argc, char **argv, const struct plain_verb *v)
{
	const char *values[FIELDS_MAX + 1] = { NULL };
	struct option_row rows[FIELDS_MAX + 2] = { 0 };
	struct message_admin m;
	unsigned i, n = 0, operands = 0, given = 0;

	for (i = 0; i < FIELDS_MAX && v->fields[i] != NULL; i++, n++)
		rows[n] = (struct option_row){ v->fields[i], &values[n], NULL,
			false };
	if (v->required != NULL) {
		rows[n] =
		    (struct option_row){ v->required, &values[n], NULL, true };
		n++;
	}
	while (operands < OPERANDS_MAX && v->operands[operands] != NULL)
		operands++;
	if (!options_read(c, argc, argv, rows, operands, operands))
		return EXIT_USAGE;
	for (i = 0; i < n; i++)
		given += values[i] != NULL;
	if (v->some && given == 0)
		return usage_error(c, "it takes at least one option");
	c->columns = v->columns;
	request_begin(&m, v->verb);
	for (i = 0; i < operands; i++)
		request_text(&m, v->operands[i], c->operands[i]);
	for (i = 0; i < n; i++)
		request_text(&m, rows[i].name, values[i]);
	return session_run(c, v->need, &m);
}

enum reason
session_pages(struct session *s, const struct message_admin *request,
    const char *list, row_call call, void *context, struct why *why)
{
	struct message_admin_reply reply;
	struct json_value root, array, row;
	char after[CELL_MAX] = "";
	struct message_admin m;
	struct json_iter i;
	enum reason r;

	do {
		m = *request;
		request_text(&m, "after", after[0] == '\0' ? NULL : after);
		if ((r = session_ask(s, &m, &reply, why)) != REASON_OK)
			return r;
		if (json_parse(reply.json, &root, NULL) != WIRE_OK ||
		    !json_member(&root, list, &array))
			return why_set(
			    why, REASON_INTERNAL, -1, "%s", request->verb);
		if (!json_text(reply.json, "next", after, sizeof(after)))
			after[0] = '\0';
		json_iter_open(&i, &array);
		while (r == REASON_OK && json_iter_next(&i, NULL, &row))
			r = call(context, &row, why);
	} while (r == REASON_OK && after[0] != '\0');
	return r;
}
