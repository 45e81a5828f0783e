/* hallmark: dispatch by noun and verb. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/cli.h"

#define PRODUCT_OPTIONS                                                       \
	"NAME [--token T] [--masa-url HOST] [--counter-width N]\n"            \
	"[--check-character yes|no] [--formats cms,jws,cose]\n"               \
	"[--pin by-format|farthest|lowest-ca|end-entity]\n"                   \
	"[--pin-kind certificate|pubk|pubk-sha256|certificate-or-pubk|\n"     \
	"  certificate-or-pubk-sha256|unknown] [--audit-only yes|no]\n"       \
	"[--verified yes|no] [--manufacturer-proprietary HEX|none]\n"         \
	"[--emit-id-data yes|no] [--x5bag unprotected|protected|both]\n"      \
	"[--legacy-unattributed yes|no] [--legacy-layout-2019 yes|no]\n"      \
	"[--voucher-limit OCTETS] [--scheme SCHEME] [--import-only yes|no]\n" \
	"[--key-usage none|digitalSignature|\n"                               \
	"  digitalSignature+keyEncipherment] [--subject-key-id yes|no]\n"     \
	"[--organization TEXT|none] [--unit TEXT|none] [--model TEXT|none]\n" \
	"[--hw-type OID|none] [--issuance-policy yes|no]"
#define CUSTOMER_OPTIONS                                 \
	"NAME [--pin WISH] [--pin-cms WISH]\n"           \
	"[--pin-jws WISH] [--pin-cose WISH]\n"           \
	"WISH: product|farthest|lowest-ca|end-entity|\n" \
	"  by-format|domain-ca"
#define POLICY_OPTIONS                                                      \
	"[--kinds nonced,nonceless]\n"                                      \
	"[--product NAME,...|any] [--serials PATTERN|any]\n"                \
	"[--limit N|none] [--first-day DAY|none] [--last-day DAY|none]\n"   \
	"[--months N|none] [--rate N/minute|N/hour|N/day|N/SECONDS|none]\n" \
	"[--awake \"DAYS HH:MM-HH:MM\"|act|always]"
#define CA_OPTIONS                                                      \
	"--name NAME [--slot SLOT]\n"                                   \
	"[--algorithm p256|p384|rsa-2048|rsa-3072] [--succeeds NAME]\n" \
	"[--factory NAME]\n" POLICY_OPTIONS

const struct verb verbs[] = {
	{ "init", NULL, init_run,
	    "--organization NAME [--host NAME] [--listen ADDRESS:PORT]\n"
	    "[--product NAME --token T [--masa-url HOST]] [--slot SLOT] "
	    "[--test]",
	    "make a home: roots, first issuing CA, voucher signer" },
	{ "serve", NULL, serve_run,
	    "[--masa] [--listen ADDRESS:PORT] [--test-clock TIME]",
	    "run the service" },
	{ "status", NULL, status_run, "", "say how the service is" },
	{ "product", "add", product_add_run, PRODUCT_OPTIONS,
	    "name a product line" },
	{ "product", "set", product_set_run, PRODUCT_OPTIONS,
	    "change fields of a product" },
	{ "product", "list", product_list_run, PAGE_OPTIONS, "list products" },
	{ "product", "show", product_show_run, "NAME", "show one product" },
	{ "product", "resume", product_resume_run,
	    "NAME --reason repaired|removed|mistaken [--note TEXT]",
	    "go on with a line that two duplicate keys stopped" },
	{ "ca", "create", ca_create_run,
	    "--purpose voucher|idevid-ca\n" CA_OPTIONS
	    "\n[--certificate-policy OID] [--raw]",
	    "make a key and certify it with this home's software root" },
	{ "ca", "request", ca_request_run,
	    "--purpose voucher|idevid-ca|manifest\n" CA_OPTIONS " [--out FILE]",
	    "make a key; its certification request comes out" },
	{ "ca", "import", ca_import_run, "--name NAME FILE...",
	    "give a key its certificate and chain" },
	{ "ca", "policy", ca_policy_run, "NAME " POLICY_OPTIONS,
	    "change what a key may sign" },
	{ "ca", "retire", ca_retire_run, "NAME --reason WORD",
	    "take a key out of use for ever" },
	{ "ca", "activate", ca_activate_run, "NAME --until TIME|now",
	    "wake an issuing key for a while" },
	{ "ca", "destroy", ca_destroy_run,
	    "NAME [--out FILE]\n| NAME SIGNATURE SIGNATURE --yes",
	    "erase a retired key, by two operators" },
	{ "ca", "archive", ca_archive_run,
	    "NAME [--out FILE]\n| NAME SIGNATURE SIGNATURE --copy FILE --yes",
	    "erase a retired key here, when a copy lies elsewhere" },
	{ "ca", "list", ca_list_run, PAGE_OPTIONS, "list signing keys" },
	{ "ca", "show", ca_show_run, "NAME [--pem]",
	    "show a key and its chain" },
	{ "slot", "list", slot_list_run, "",
	    "say whose each slot of serials is" },
	{ "slot", "give", slot_give_run, "SLOT --to NAME",
	    "give a slot to a factory with a signer of its own, for ever" },
	{ "manifest", "export", manifest_export_run,
	    "[--from N] [--signer HEX] --out FILE",
	    "sign a range of the journal for other sites" },
	{ "manifest", "import", manifest_import_run, "FILE...",
	    "take what a peer signed, and its devices" },
	{ "manifest", "verify", manifest_verify_run,
	    "[--key SHA256|FILE] FILE...",
	    "check signatures and chain of manifests, anywhere" },
	{ "peer", "add", peer_add_run,
	    "NAME --signer HEX --key SHA256 --root FILE",
	    "name a site whose manifests are taken" },
	{ "peer", "end", peer_end_run, "NAME [--note TEXT]",
	    "take no more manifests from a site" },
	{ "peer", "list", peer_list_run, PAGE_OPTIONS,
	    "list them, and how far their chains are known" },
	{ "issue", "csr", issue_csr_run,
	    "--product NAME [--serial S] [--factory NAME] [--out FILE|DIR]\n"
	    "FILE|DIR... | --serials LIST",
	    "issue an IDevID for each certification request" },
	{ "device", "import", device_import_run,
	    "--product NAME --ca FILE FILE...",
	    "take devices on record that another CA certified" },
	{ "device", "list", device_list_run,
	    "[--product NAME] [--state STATE] " PAGE_OPTIONS, "list devices" },
	{ "device", "show", device_show_run, "SERIAL [--issuer HEX] [--pem]",
	    "show one device" },
	{ "device", "assign", device_assign_run,
	    "SERIAL [--issuer HEX] --customer NAME",
	    "say whom a device was sold to" },
	{ "device", "unassign", device_unassign_run, "SERIAL [--issuer HEX]",
	    "take that back" },
	{ "device", "hold", device_hold_run,
	    "SERIAL [SIGNATURE SIGNATURE] [--issuer HEX] --reason WORD\n"
	    "[--note TEXT] [--out FILE]",
	    "decline vouchers for a device" },
	{ "device", "release", device_release_run,
	    "SERIAL [SIGNATURE SIGNATURE] [--issuer HEX]\n"
	    "[--note TEXT] [--out FILE]",
	    "end a hold" },
	{ "device", "retire", device_retire_run,
	    "SERIAL [--issuer HEX] --reason WORD [--out FILE]\n"
	    "| SERIAL SIGNATURE SIGNATURE [--issuer HEX] --reason WORD\n"
	    "[--note TEXT] --yes",
	    "decline vouchers for a device for ever" },
	{ "client", "block", client_block_run,
	    "key:HEX|certificate:HEX|address:A/BITS --reason TEXT\n"
	    "[--for TIME]",
	    "refuse all requests of a client" },
	{ "client", "release", client_release_run, "NAME",
	    "take a client off the blocklist" },
	{ "client", "list", client_list_run, PAGE_OPTIONS,
	    "list blocked clients" },
	{ "customer", "add", customer_add_run, CUSTOMER_OPTIONS,
	    "name a customer" },
	{ "customer", "set", customer_set_run, CUSTOMER_OPTIONS,
	    "change what its vouchers shall pin" },
	{ "customer", "cloud", customer_cloud_run,
	    "NAME [--policy no|registrar|owner]\n"
	    "[--est-domain URL|none] [--additional-configuration-url "
	    "URL|none]",
	    "say where devices go from a cloud registrar" },
	{ "customer", "file", customer_file_run,
	    "NAME --domain-ca FILE|--registrar FILE|--est-server FILE",
	    "take a certificate of a customer on file" },
	{ "customer", "forget", customer_forget_run, "NAME SHA256",
	    "take it off again" },
	{ "customer", "end", customer_end_run, "NAME [--note TEXT]",
	    "forget all that is on file for one that leaves" },
	{ "customer", "list", customer_list_run, PAGE_OPTIONS,
	    "list customers" },
	{ "customer", "show", customer_show_run, "NAME " PAGE_OPTIONS,
	    "show a customer and what is on file" },
	{ "public-ca", "add", public_ca_add_run, "FILE...",
	    "name public CAs that are never pinned" },
	{ "public-ca", "drop", public_ca_drop_run, "SHA256",
	    "take back one that was added" },
	{ "public-ca", "list", public_ca_list_run, PAGE_OPTIONS,
	    "list those that were added" },
	{ "journal", "verify", journal_verify_run, "[--against MANIFEST] [DIR]",
	    "check the whole journal, also against what a peer has" },
	{ "journal", "show", journal_show_run, "[--from N] [--limit N] [DIR]",
	    "print records" },
	{ "journal", "succeed", journal_succeed_run, "[--skip N] [--yes]",
	    "after a restore: go on with a new signer identity" },
	{ "lint", NULL, lint_run,
	    "[--as idevid|ca|voucher-signer|other] [--issuer FILE]\n"
	    "[--token T --slot S [--counter-width N] [--check-character "
	    "yes|no]]\n"
	    "[--scheme SCHEME]\n"
	    "[--voucher-policy OID] [--without-masa-url] FILE...|--all-issued",
	    "explain every violation in certificates" },
	{ "audit", "keys", audit_keys_run, "[--evidence DIR]",
	    "every key: where it is, who opens it, what became of it" },
	{ "audit", "counts", audit_counts_run, "",
	    "what each key signed: journal, store and limit compared" },
	{ "audit", "taxonomy", audit_taxonomy_run, "[--evidence DIR]",
	    "what customers ask about keys, answered from this home" },
	{ "explain", NULL, explain_run,
	    "[--at TIME] [--kind voucher|auditlog] [--accept TYPES]\n"
	    "[--content-type TYPE] FILE",
	    "say row by row what would become of a request" },
	{ "recheck", "confirm", recheck_confirm_run, "SEQUENCE",
	    "let issuing go on after the re-check found a difference" },
	{ "passphrase", "change", passphrase_change_run,
	    "[--new-passphrase-file FILE]",
	    "put the keys of a home under another passphrase" },
	{ "clock", "confirm", clock_confirm_run, "",
	    "let the signer go on after a step of the clock" },
	{ "ceremony", "record", ceremony_record_run, "BUNDLE",
	    "take a ceremony's evidence on record, by its manifest" },
	{ "ceremony", "", ceremony_run,
	    "plan FILE | verify BUNDLE...\n"
	    "| run FILE --out BUNDLE [--previous BUNDLE] [--rehearse]",
	    "roots that are shared out: hallmark-ceremony(8)" },
	{ "voucher", "", customer_run, "show|verify ...",
	    "look at vouchers: hallmark-registrar(1)" },
	{ "registrar", "", customer_run,
	    "ca|request|auditlog|judge|agent-data ...",
	    "the customer's side: hallmark-registrar(1)" },
	{ "pledge", "", customer_run, "key|request|verify ...",
	    "the device's side: hallmark-registrar(1)" },
};
const size_t verbs_len = sizeof(verbs) / sizeof(verbs[0]);

static void
help(FILE *to)
{
	char name[40];
	size_t i;

	fprintf(to,
	    "usage: hallmark [--home DIR] [--json] NOUN VERB "
	    "[options]\n\n");
	for (i = 0; i < verbs_len; i++) {
		snprintf(name, sizeof(name), "%s %s", verbs[i].noun,
		    verbs[i].verb == NULL ? "" : verbs[i].verb);
		fprintf(to, "  %-18s %s\n", name, verbs[i].about);
	}
	fprintf(to,
	    "\nhallmark NOUN VERB --help names the options; "
	    "hallmark(1) explains them.\n");
}

/* The row for these words; takes is how many of them it used. */
static const struct verb *
verb_find(int argc, char **argv, int *takes)
{
	size_t i;

	for (i = 0; i < verbs_len; i++) {
		const struct verb *v = &verbs[i];

		if (strcmp(v->noun, argv[0]) != 0)
			continue;
		*takes = v->verb == NULL || v->verb[0] == '\0' ? 1 : 2;
		if (*takes == 1 || (argc > 1 && strcmp(v->verb, argv[1]) == 0))
			return v;
	}
	return NULL;
}

static bool
help_asked(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0;
}

/* Which words there are, rather than all of their options. */
static int
no_verb(const char *noun, const char *verb)
{
	const char *before = "; there are: ";
	bool known = false;
	size_t i;

	for (i = 0; i < verbs_len; i++)
		known |= strcmp(verbs[i].noun, noun) == 0;
	if (known && verb == NULL)
		fprintf(stderr, "hallmark: \"%s\" alone says nothing", noun);
	else if (known && verb[0] == '-')
		fprintf(
		    stderr, "hallmark: no option stands behind \"%s\"", noun);
	else
		fprintf(stderr, "hallmark: there is no \"%s%s%s\"", noun,
		    known ? " " : "", known ? verb : "");
	for (i = 0; i < verbs_len; i++) {
		if (strcmp(verbs[i].noun, noun) != 0)
			continue;
		fprintf(stderr, "%s%s", before, verbs[i].verb);
		before = ", ";
	}
	fprintf(stderr, "\nhallmark %s%s--help says more\n", known ? noun : "",
	    known ? " " : "");
	return EXIT_USAGE;
}

static int
dispatch(struct cli *c, int argc, char **argv)
{
	const struct verb *v;
	int takes = 1;

	v = verb_find(argc, argv, &takes);
	c->noun = argv[0];
	if (v != NULL && takes == 2)
		c->verb = v->verb;
	if (c->help || (v == NULL && argc > 1 && help_asked(argv[1]))) {
		verb_usage(c, true);
		return EXIT_DONE;
	}
	if (v == NULL)
		return no_verb(argv[0], argc > 1 ? argv[1] : NULL);
	return v->run(c, argc - takes + 1, argv + takes - 1);
}

int
main(int argc, char **argv)
{
	struct cli c = { 0 };
	int at;

	process_harden();
	log_open("hallmark");
	atexit(stdout_end);
	if (argc == 2 && help_asked(argv[1])) {
		help(stdout);
		return EXIT_DONE;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("hallmark %s\n", HALLMARK_VERSION);
		return EXIT_DONE;
	}
	if ((at = options_common(&c, argc, argv)) < 0) {
		fprintf(stderr, "hallmark --help lists nouns and verbs\n");
		return EXIT_USAGE;
	}
	if (at >= argc) {
		help(c.help ? stdout : stderr);
		return c.help ? EXIT_DONE : EXIT_USAGE;
	}
	return dispatch(&c, argc - at, argv + at);
}
