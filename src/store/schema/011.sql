-- Other sites whose manifests are taken (model/manifest.h): their key and the root
-- of their issuing CAs, as an operator compared them, and how far their chain is
-- known.
CREATE TABLE peer (
	name TEXT PRIMARY KEY NOT NULL,
	key BLOB NOT NULL,
	root BLOB NOT NULL,
	signer BLOB NOT NULL,
	sequence INTEGER NOT NULL,
	sha256 BLOB NOT NULL,
	moment INTEGER NOT NULL,
	added INTEGER NOT NULL
);
CREATE UNIQUE INDEX peer_key ON peer (key);

-- The hashes of their records, in ranges as they came: by these a replay is told
-- from a fork.
CREATE TABLE peer_range (
	peer TEXT NOT NULL REFERENCES peer (name),
	signer BLOB NOT NULL,
	first INTEGER NOT NULL,
	hashes BLOB NOT NULL,
	PRIMARY KEY (peer, signer, first)
);
