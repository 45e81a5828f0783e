/*
 * The configuration file of a home, hallmark.ini (inih): sections of
 * name = value. Unknown sections and names are errors.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/legacy.h"
#include "base/reason.h"

#define CONFIG_TEXT  256
#define CONFIG_VALUE 181 /* what one line has room for: inih reads 199 octets */
#define BASE_PATHS   4	 /* at most, in one text */
#define RATE_MAX     1000000 /* requests a second */

enum client_certificate { CLIENT_NONE, CLIENT_OPTIONAL, CLIENT_REQUIRED };

struct config {
	/* [manufacturer] */
	char organization[65]; /* O of every certificate */
	bool test;	/* made by init --test; the signer's journal decides */
	bool root_keys; /* keys of roots may lie in the home */
	/* [masa] */
	char listen[CONFIG_TEXT]; /* address:port, default 127.0.0.1:8443 */
	/* Names by which devices reach this service: HOST[:PORT], commas
	 * between, of all lines that have some; "" = not said. */
	char names[CONFIG_TEXT];
	/* Paths below which the service answers, too, with commas; "" = none
	 * (RFC 8995 2.3.2). */
	char base_path[CONFIG_TEXT];
	enum client_certificate client; /* client-certificate = required */
	unsigned legacy;		/* set of forms, legacy-NAME = yes */
	unsigned fronts;      /* number of front and checker pairs, default 1 */
	unsigned connections; /* per front, default 4096 */
	/* Requests a second of a client key, of a source prefix, and of a key
	 * that got a voucher; 0 = any number. Default 50, 200, 500. */
	unsigned rate_client, rate_prefix, rate_known;
	/* TLS handshakes a second of a source prefix; 0 = any number. Default
	 * 50, and ten times as many where known customers are. */
	unsigned rate_handshake;
	unsigned max_age;	/* row 7, seconds, default 86400 */
	unsigned max_ahead;	/* row 7, seconds, default 300 */
	unsigned keep_requests; /* days, for the re-check; default 30 */
	/* row 5: what "unreachable" means for nonced requests, default refuse=false */
	bool revocation_required;
};

void config_defaults(struct config *c);
/* May this text stand behind a name? Printable ASCII of less than cap bytes,
 * no blank at either end and no ';' (a comment begins there). */
bool config_text_valid(const char *value, size_t cap);
/* Reads HOME/hallmark.ini. REASON_HOME_INVALID with name and value in the text
 * and the number of the line as offset; unknown names, names given twice,
 * values out of range and lines of over 199 octets are refused. */
MUST_USE enum reason config_read(
    const char *home, struct config *c, struct why *why);
struct taxonomy;
/* The same, with the answers of [taxonomy], which no program of the service needs. */
MUST_USE enum reason config_read_all(const char *home, struct config *c,
    struct taxonomy *taxonomy, struct why *why);
/* The text of a file that config_read() takes back unchanged, if its texts
 * are valid. */
void config_print(const struct config *c, char *out, size_t cap);

#endif
