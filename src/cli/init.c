/*
 * hallmark init: a home with software roots, from nothing to the first product.
 * All of it or nothing: what was made is removed when a step fails.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "ipc/room.h"
#include "model/serial.h"
#include "wire/json.h"

#define VOUCHER_KEY  "voucher-1"
#define ISSUING_SLOT "F1"

struct plan {
	struct cli *c;
	const char *organization, *host, *listen;
	const char *product, *token, *masa_url, *slot;
	char issuing[SLOT_TOKEN_MAX + 3]; /* the first CA of the slot */
	bool test;
	char home[CONFIG_TEXT];
	bool made_home; /* the folder itself is ours too */
	bool touched;
	struct config config;
	int passphrase;
};

/* --- an empty place --- */

static bool
is_empty(const char *folder)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	bool empty = d != NULL;

	while (empty && (e = readdir(d)) != NULL)
		empty =
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return empty;
}

/* Ours, or that of the program which will live in it. */
static enum reason
make_folder(const char *home, const char *name, const struct room *room,
    struct why *why)
{
	char path[PATH_MAX];

	path_join(path, sizeof(path), home, name);
	if (mkdir(path, 0700) != 0 ||
	    (room != NULL && room->user != 0 &&
		lchown(path, room->user, room->group) != 0))
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	return REASON_OK;
}

/* The ceremony wrote them as who we are. */
static enum reason
give_front(const char *home, struct why *why)
{
	static const char *const files[] = { "front/tls.pem", "front/tls.key" };
	char path[PATH_MAX];
	struct room room;
	enum reason r;
	unsigned i;

	if ((r = room_user(ROLE_FRONT, &room, why)) != REASON_OK)
		return r;
	for (i = 0; i < 2 && room.user != 0; i++) {
		path_join(path, sizeof(path), home, files[i]);
		if (lchown(path, room.user, room.group) != 0)
			return why_set(
			    why, REASON_HOME_INVALID, -1, "%.150s: %m", path);
	}
	return REASON_OK;
}

static enum reason
make_home(struct plan *p, struct why *why)
{
	static const enum role programs[] = { ROLE_FRONT, ROLE_CHECKER,
		ROLE_AUTHORITY, ROLE_SIGNER };
	struct room rooms[4];
	enum reason r;
	unsigned i;

	for (i = 0; i < 4; i++)
		if ((r = room_user(programs[i], &rooms[i], why)) != REASON_OK)
			return r;
	p->made_home = mkdir(p->c->home, 0700) == 0;
	if (p->made_home ? !file_sync_name(p->c->home) : errno != EEXIST)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", p->c->home);
	if ((r = home_path(p->c, p->home, why)) != REASON_OK)
		return r;
	if (!is_empty(p->home))
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%.150s is not empty", p->home);
	/* Of two at once one makes the first folder; the other has touched nothing. */
	if ((r = make_folder(p->home, "run", NULL, why)) != REASON_OK)
		return r;
	p->touched = true;
	/* Anchors are for everybody; the rest closes itself. */
	if (chmod(p->home, 0755) != 0)
		return why_set(
		    why, REASON_HOME_INVALID, -1, "%.150s: %m", p->home);
	for (i = 0; i < 4; i++)
		if ((r = make_folder(p->home, role_name(programs[i]), &rooms[i],
			 why)) != REASON_OK)
			return r;
	return REASON_OK;
}

static int
remove_entry(
    const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	if (where->level > 0 && remove(path) != 0)
		fprintf(
		    stderr, "hallmark init: %s: %s\n", path, strerror(errno));
	return 0;
}

/* Everything in it is ours: it was empty when we came. */
static void
remove_home(const struct plan *p)
{
	bool gone = true;

	if (p->touched) {
		nftw(p->home, remove_entry, 16,
		    FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		gone = is_empty(p->home);
	}
	if (p->made_home)
		gone = rmdir(p->c->home) == 0 && gone;
	if (p->touched || (p->made_home && gone))
		fprintf(stderr,
		    "hallmark init: the half-made home was %sremoved\n",
		    gone ? "" : "not all ");
}

/* --- configuration --- */

static enum reason
write_config(struct plan *p, struct why *why)
{
	char text[4 * CONFIG_TEXT], path[PATH_MAX];
	struct config back;
	enum reason r;

	config_print(&p->config, text, sizeof(text));
	path_join(path, sizeof(path), p->home, "hallmark.ini");
	if ((r = file_write(path, span_str(text), 0600, why)) != REASON_OK)
		return r;
	/* The reader is the judge of what may stand there. */
	return config_read(p->home, &back, why);
}

static enum reason
plan_config(struct plan *p, struct why *why)
{
	char host[256], port[8];

	config_defaults(&p->config);
	p->config.test = p->test;
	p->config.root_keys = true; /* those that it makes, and says so */
	if (p->organization[0] == '\0' ||
	    !config_text_valid(p->organization, sizeof(p->config.organization)))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "organization: 1 to 64 printable ASCII characters, no ; "
		    "and no blank at its ends");
	text_copy(p->config.organization, sizeof(p->config.organization),
	    span_str(p->organization));
	if (p->listen == NULL)
		return REASON_OK;
	if (!config_text_valid(p->listen, CONFIG_VALUE))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "listen: at most 180 printable ASCII characters");
	text_copy(
	    p->config.listen, sizeof(p->config.listen), span_str(p->listen));
	return listen_split(p->listen, host, port, why);
}

/* --- roots, keys, product --- */

static enum reason
found_roots(const struct plan *p, struct why *why)
{
	const char *argv[10] = { "hallmark-ceremony", "found", "--home",
		p->home, "--organization", p->organization, "--host", p->host,
		p->test ? "--test" : NULL, NULL };

	return tool_run("ceremony", argv, p->passphrase, why);
}

static enum reason
add_product(const struct plan *p, struct session *s, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;

	if (p->product == NULL)
		return REASON_OK;
	request_begin(&m, "product.add");
	request_text(&m, "name", p->product);
	request_text(&m, "token", p->token);
	request_text(&m, "masa-url", p->masa_url);
	return session_ask(s, &m, &reply, why);
}

static enum reason
make_keys(struct plan *p, struct why *why)
{
	struct ca_plan voucher = { .home = p->home,
		.purpose = "voucher",
		.name = VOUCHER_KEY,
		.passphrase = p->passphrase };
	struct ca_plan issuing = { .home = p->home,
		.purpose = "idevid-ca",
		.name = p->issuing,
		.slot = p->slot,
		.passphrase = p->passphrase };
	struct session *s = NULL;
	enum reason r;

	r = session_create(p->home, &p->config, p->passphrase, &s, why);
	if (r == REASON_OK)
		r = ca_create_with(s, &voucher, why);
	if (r == REASON_OK)
		r = ca_create_with(s, &issuing, why);
	if (r == REASON_OK)
		r = add_product(p, s, why);
	session_close(s);
	return r;
}

/* --- what came of it --- */

static bool
put_anchor(const struct plan *p, struct json_out *o, const char *name)
{
	uint8_t *der, hash[HASH_SIZE];
	char path[PATH_MAX], file[40];
	struct buf pem;
	struct why why;
	size_t len;
	bool good;

	snprintf(file, sizeof(file), "anchors/%s.pem", name);
	path_join(path, sizeof(path), p->home, file);
	if (file_read(path, &pem, FILE_MAX, &why) != REASON_OK)
		return false;
	der = memory_new(pem.len + 1);
	good = pem_or_der(buf_span(&pem), "CERTIFICATE", der, pem.len, &len);
	if (good) {
		sha256(span_of(der, len), hash);
		json_begin_object(o);
		json_add_text(o, "anchor", name);
		json_add_text(o, "file", path);
		json_add_hex(o, "sha256", span_of(hash, sizeof(hash)));
		json_end_object(o);
	}
	free(der);
	buf_free(&pem);
	return good;
}

static enum reason
print_summary(const struct plan *p, struct why *why)
{
	char room[4 * PATH_MAX];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_optional(&o, "home", p->home);
	json_add_optional(&o, "organization", p->organization);
	json_add_bool(&o, "test", p->test);
	json_add_optional(&o, "root", "software root");
	json_add_optional(&o, "voucher-key", VOUCHER_KEY);
	json_add_optional(&o, "issuing-ca", p->issuing);
	json_add_optional(&o, "product", p->product);
	json_put_name(&o, "anchors");
	json_begin_array(&o);
	if (!put_anchor(p, &o, "idevid-root") ||
	    !put_anchor(p, &o, "voucher-root") || !put_anchor(p, &o, "tls"))
		return why_set(
		    why, REASON_INTERNAL, -1, "an anchor is missing");
	json_end_array(&o);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK)
		return why_set(why, REASON_INTERNAL, -1, "a long path");
	output_json(p->c, json);
	return REASON_OK;
}

static enum reason
init_all(struct plan *p, struct why *why)
{
	enum reason r;

	if ((r = make_home(p, why)) != REASON_OK ||
	    (r = write_config(p, why)) != REASON_OK ||
	    (r = found_roots(p, why)) != REASON_OK ||
	    (r = give_front(p->home, why)) != REASON_OK ||
	    (r = make_keys(p, why)) != REASON_OK)
		return r;
	return print_summary(p, why);
}

/* Between here and the end nobody interrupts: a home is whole or is not. */
static void
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int
init_run(struct cli *c, int argc, char **argv)
{
	struct plan p = { .c = c,
		.host = "localhost",
		.slot = ISSUING_SLOT,
		.passphrase = -1 };
	const struct option_row rows[] = { { "organization", &p.organization,
					       NULL, true },
		{ "host", &p.host, NULL, false },
		{ "listen", &p.listen, NULL, false },
		{ "product", &p.product, NULL, false },
		{ "token", &p.token, NULL, false },
		{ "masa-url", &p.masa_url, NULL, false },
		{ "slot", &p.slot, NULL, false },
		{ "test", NULL, &p.test, false }, { 0 } };
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	if (p.product == NULL && (p.token != NULL || p.masa_url != NULL))
		return usage_error(c,
		    "--token and --masa-url go with "
		    "--product");
	if (!slot_valid(p.slot))
		return usage_error(c, "--slot is 2 to 4 of A-Z 0-9");
	snprintf(p.issuing, sizeof(p.issuing), "%s-1", p.slot);
	why_clear(&why);
	if ((r = plan_config(&p, &why)) != REASON_OK ||
	    (r = passphrase_get(c, true, &p.passphrase, &why)) != REASON_OK)
		return refuse(c, r, &why);
	hold_signals();
	if ((r = init_all(&p, &why)) == REASON_OK) {
		code = EXIT_DONE;
	} else {
		code = refuse(c, r, &why);
		remove_home(&p);
	}
	close(p.passphrase);
	return code;
}
