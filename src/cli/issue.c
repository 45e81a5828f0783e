/*
 * hallmark issue csr: one unit or a tray of them. A refused request does not
 * stop the others; a service that is gone does.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "model/serial.h"
#include "wire/json.h"

#define LIST_MAX (16 << 20) /* octets of a list of serials */

struct batch {
	struct cli *c;
	struct session *session;
	const char *product, *serial, *factory, *out, *list;
	char **files;
	char **serials; /* of the list, one a file; NULL without one */
	size_t len, room;
	bool folder; /* results go to files, each by its request's name */
	struct seen results; /* the files that this batch has written */
	size_t issued, refused, unwritten; /* unwritten: of those issued */
};

/* --- which files --- */

static void
batch_add(struct batch *b, const char *path)
{
	char **more;

	if (b->len == b->room) {
		b->room = b->room == 0 ? 64 : b->room * 2;
		more = memory_array(b->room, sizeof(*more));
		if (b->len > 0)
			memcpy(more, b->files, b->len * sizeof(*more));
		free(b->files);
		b->files = more;
	}
	b->files[b->len++] = memory_text(path);
}

static int
is_request(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot != NULL &&
	    (strcmp(dot, ".csr") == 0 || strcmp(dot, ".der") == 0 ||
		strcmp(dot, ".pem") == 0);
}

static enum reason
add_folder(struct batch *b, const char *folder, struct why *why)
{
	struct dirent **list;
	char path[PATH_MAX];
	int i, n = scandir(folder, &list, is_request, alphasort);

	if (n < 0)
		return why_set(
		    why, REASON_FILE_UNREADABLE, -1, "%.150s: %m", folder);
	for (i = 0; i < n; i++) {
		path_join(path, sizeof(path), folder, list[i]->d_name);
		batch_add(b, path);
		free(list[i]);
	}
	free(list);
	b->folder = true;
	return REASON_OK;
}

/* --- serials that come with the order: a list --- */

/* A line is a file, a tab and its serial. */
static enum reason
list_line(struct batch *b, struct span line, size_t number, struct why *why)
{
	const uint8_t *tab = memchr(line.ptr, '\t', line.len);
	struct span file, serial;
	char path[PATH_MAX], name[PATH_MAX];
	const char *slash = strrchr(b->list, '/');

	if (tab == NULL)
		return why_set(why, REASON_SERIAL_SYNTAX, (long)number,
		    "line %zu: a file, a tab, its serial", number);
	file = span_of(line.ptr, (size_t)(tab - line.ptr));
	serial = span_of(tab + 1, line.len - file.len - 1);
	if (!text_printable(file) || !text_copy(name, sizeof(name), file) ||
	    file.len == 0 || serial_check(serial, NULL) != REASON_OK)
		return why_set(why, REASON_SERIAL_SYNTAX, (long)number,
		    "line %zu: a file, a tab, its serial", number);
	if (name[0] == '/' || slash == NULL) {
		batch_add(b, name);
	} else {
		snprintf(path, sizeof(path), "%.*s/%.2000s",
		    (int)(slash - b->list), b->list, name);
		batch_add(b, path);
	}
	b->serials[b->len - 1] = memory_new(serial.len + 1);
	memcpy(b->serials[b->len - 1], serial.ptr, serial.len);
	return REASON_OK;
}

static enum reason
list_once(struct seen *seen, const char *text, size_t number, struct why *why)
{
	uint8_t hash[HASH_SIZE];

	sha256(span_str(text), hash);
	if (seen_add(seen, hash, hash) == SEEN_NEW)
		return REASON_OK;
	return why_set(why, REASON_SERIAL_USED, (long)number,
	    "line %zu: %.150s is there twice", number, text);
}

/* No file and no serial twice, and each file there. */
static enum reason
list_check(const struct batch *b, struct why *why)
{
	struct seen files = { 0 }, serials = { 0 };
	enum reason r = REASON_OK;
	size_t i;

	for (i = 0; r == REASON_OK && i < b->len; i++) {
		if ((r = list_once(&files, b->files[i], i + 1, why)) ==
			REASON_OK &&
		    (r = list_once(&serials, b->serials[i], i + 1, why)) ==
			REASON_OK &&
		    access(b->files[i], R_OK) != 0)
			r = why_set(why, REASON_FILE_UNREADABLE, -1,
			    "%.150s: %m", b->files[i]);
	}
	seen_free(&files);
	seen_free(&serials);
	return r;
}

/* All of it is read and looked at before anything is issued. */
static enum reason
list_read(struct batch *b, struct why *why)
{
	struct span rest, line;
	const uint8_t *end;
	struct buf text;
	size_t lines = 0, i;
	enum reason r = file_read(b->list, &text, LIST_MAX, why);

	if (r != REASON_OK)
		return r;
	rest = buf_span(&text);
	for (i = 0; i < rest.len; i++)
		lines += rest.ptr[i] == '\n';
	b->serials = memory_array(lines + 1, sizeof(*b->serials));
	b->folder = true;
	while (r == REASON_OK && rest.len > 0) {
		end = memchr(rest.ptr, '\n', rest.len);
		if (end == NULL) {
			r = why_set(why, REASON_SERIAL_SYNTAX, -1,
			    "the last line has no end");
			break;
		}
		line = span_of(rest.ptr, (size_t)(end - rest.ptr));
		rest = span_of(end + 1, rest.len - line.len - 1);
		r = list_line(b, line, b->len + 1, why);
	}
	buf_free(&text);
	return r == REASON_OK ? list_check(b, why) : r;
}

static enum reason
gather(struct batch *b, struct why *why)
{
	enum reason r = b->list != NULL ? list_read(b, why) : REASON_OK;
	bool standard = b->out != NULL && strcmp(b->out, "-") == 0;
	struct stat st;
	unsigned i;

	if (standard)
		b->out = NULL; /* where one goes without the option */
	for (i = 0; r == REASON_OK && i < b->c->operands_len; i++) {
		const char *path = b->c->operands[i];

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			r = add_folder(b, path, why);
		else
			batch_add(b, path);
	}
	b->folder = b->folder || b->len > 1 ||
	    (b->out != NULL && stat(b->out, &st) == 0 && S_ISDIR(st.st_mode));
	if (r == REASON_OK && b->folder && standard)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--out - takes one request");
	if (r == REASON_OK && b->folder && b->out != NULL &&
	    (mkdir(b->out, 0755) == 0 ? !file_sync_name(b->out)
				      : errno != EEXIST))
		r = why_set(
		    why, REASON_FILE_UNREADABLE, -1, "%.150s: %m", b->out);
	return r;
}

/* OUT/unit7.crt for somewhere/unit7.csr; beside it where there is no --out. */
static void
result_path(const struct batch *b, const char *request, char out[PATH_MAX])
{
	const char *base = strrchr(request, '/');
	char stem[PATH_MAX];
	char *dot;

	base = b->out == NULL || base == NULL ? request : base + 1;
	text_copy(stem, sizeof(stem), span_str(base));
	dot = strrchr(stem, '.');
	if (dot != NULL && strchr(dot, '/') == NULL)
		*dot = '\0';
	if (snprintf(out, PATH_MAX, "%s%s%s.crt", b->out == NULL ? "" : b->out,
		b->out == NULL ? "" : "/", stem) >= PATH_MAX)
		fatal("the path of %s is too long", request);
}

/* --- one file --- */

static void
tell_issued(
    const struct batch *b, const char *file, const char *out, struct span json)
{
	static char room[FRAME_MAX];
	struct json_value root;
	struct json_out o;
	char serial[SERIAL_MAX + 1] = "";

	(void)json_text(json, "serial", serial, sizeof(serial));
	if (!b->c->json) {
		if (out != NULL)
			printf("%s  %s\n", serial, out);
		return;
	}
	/* One object a line, the answer itself under "issued". */
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_text(&o, "file", file);
	if (out != NULL) {
		json_add_text(&o, "out", out);
	}
	json_put_name(&o, "issued");
	if (json_parse(json, &root, NULL) != WIRE_OK)
		fatal("the answer is no JSON");
	printf("%.*s%.*s}\n", (int)o.len, room, (int)json.len,
	    (const char *)json.ptr);
}

/* It is on record all the same: another request for this unit would be a second. */
static void
tell_unwritten(struct batch *b, struct span json)
{
	char serial[SERIAL_MAX + 1] = "";

	b->unwritten++;
	(void)json_text(json, "serial", serial, sizeof(serial));
	fprintf(stderr,
	    "%s is issued; hallmark device show %s --pem writes it once more\n",
	    serial, serial);
}

static void
tell_refused(const struct batch *b, const char *file, enum reason r,
    const struct why *why)
{
	static char room[8 * PATH_MAX]; /* an octet may become six */
	struct json_out o;

	if (b->len > 1)
		fprintf(stderr, "%s: ", file);
	(void)refuse(b->c, r, why);
	if (!b->c->json)
		return;
	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_text(&o, "file", file);
	json_add_text(&o, "refused", reason_code(r));
	json_add_text(&o, "text", why->text);
	json_end_object(&o);
	printf("%.*s\n", (int)o.len, room);
}

/* Requests of one name from two folders, or in two forms, would have one result:
 * the certificate of the first would be gone. */
static enum reason
result_free(struct batch *b, const char *out, struct why *why)
{
	uint8_t hash[HASH_SIZE];

	sha256(span_str(out), hash);
	if (seen_find(&b->results, hash) != NULL)
		return why_set(why, REASON_FILE_UNREADABLE, -1,
		    "%.150s is the result of a request before this one", out);
	return file_writable(out, why);
}

static void
result_take(struct batch *b, const char *out)
{
	uint8_t hash[HASH_SIZE];

	sha256(span_str(out), hash);
	(void)seen_add(&b->results, hash, hash);
}

static enum reason
issue_one(struct batch *b, size_t at, struct why *why)
{
	const char *file = b->files[at];
	const char *out = b->out;
	char path[PATH_MAX];
	struct message_admin_reply reply;
	struct message_admin m;
	struct buf csr, pem;
	enum reason r = file_read(file, &csr, FILE_MAX, why);

	if (r != REASON_OK)
		return r;
	if (csr.len == 0)
		return why_set(
		    why, REASON_FILE_UNREADABLE, -1, "%.150s is empty", file);
	buf_init(&pem, FRAME_MAX);
	if (b->folder) {
		result_path(b, file, path);
		out = path;
	}
	if (out != NULL && (r = result_free(b, out, why)) != REASON_OK)
		goto out;
	request_begin(&m, "issue.csr");
	request_text(&m, "product", b->product);
	request_bytes(&m, "csr", buf_span(&csr));
	request_text(
	    &m, "serial", b->serials == NULL ? b->serial : b->serials[at]);
	request_text(&m, "factory", b->factory);
	if ((r = session_ask(b->session, &m, &reply, why)) != REASON_OK)
		goto out;
	if (!output_chain(reply.json, &pem)) {
		r = why_set(why, REASON_INTERNAL, -1, "no certificate came");
		goto out;
	}
	if (out != NULL) {
		result_take(b, out);
		r = file_write(out, buf_span(&pem), 0644, why);
		if (r != REASON_OK)
			tell_unwritten(b, reply.json);
	} else if (!b->c->json)
		fwrite(pem.ptr, 1, pem.len, stdout);
	if (r == REASON_OK)
		tell_issued(b, file, out, reply.json);
out:
	buf_free(&pem);
	buf_free(&csr);
	return r;
}

/* The service does not answer, or cannot work, or has no CA for the line:
 * the rest would fail alike. */
static bool
hopeless(enum reason r)
{
	return (reason_status(r) == 503 && r != REASON_OVERLOAD) ||
	    r == REASON_CA_UNKNOWN;
}

static int
issue_all(struct batch *b)
{
	struct progress bar;
	struct why why;
	enum reason r = REASON_OK;
	size_t i;

	progress_begin(&bar, "issuing", b->len);
	for (i = 0; i < b->len && !hopeless(r); i++) {
		why_clear(&why);
		r = issue_one(b, i, &why);
		b->issued += r == REASON_OK;
		b->refused += r != REASON_OK;
		if (r != REASON_OK)
			tell_refused(b, b->files[i], r, &why);
		progress_step(&bar, i + 1);
	}
	progress_end(&bar);
	if (b->folder)
		fprintf(stderr, "%zu issued, %zu refused, %zu not tried\n",
		    b->issued + b->unwritten, b->refused - b->unwritten,
		    b->len - i);
	if (hopeless(r) && reason_status(r) == 503)
		return EXIT_UNAVAILABLE;
	return b->refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int
issue_csr_run(struct cli *c, int argc, char **argv)
{
	struct batch b = { .c = c };
	const struct option_row rows[] = { { "product", &b.product, NULL,
					       true },
		{ "serial", &b.serial, NULL, false },
		{ "serials", &b.list, NULL, false },
		{ "factory", &b.factory, NULL, false },
		{ "out", &b.out, NULL, false }, { 0 } };
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 0, UINT_MAX))
		return EXIT_USAGE;
	if ((c->operands_len == 0) == (b.list == NULL))
		return usage_error(c, "it takes requests, or --serials");
	if (b.list != NULL && b.serial != NULL)
		return usage_error(
		    c, "--serial and --serials exclude each other");
	why_clear(&why);
	if ((r = gather(&b, &why)) == REASON_OK && b.len == 0)
		r = why_set(&why, REASON_FILE_UNREADABLE, -1,
		    b.list != NULL ? "the list is empty"
				   : "there is no *.csr, *.der or *.pem in it");
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	else if (b.serial != NULL && b.len > 1)
		code = usage_error(c, "--serial goes with one request only");
	else if ((r = session_open(c, NEED_SIGNER, &b.session, &why)) !=
	    REASON_OK)
		code = refuse(c, r, &why);
	else
		code = issue_all(&b);
	session_close(b.session);
	while (b.len > 0) {
		free(b.files[--b.len]);
		if (b.serials != NULL)
			free(b.serials[b.len]);
	}
	seen_free(&b.results);
	free(b.serials);
	free(b.files);
	return code;
}
