#include "embed/samples.h"

#include "embed/embed.h"

const char *const td_embed_samples[TD_SAMPLES_N] = {
    "The key of the shed hangs behind the kitchen door, on the nail next to the calendar.",
    "def walk(folder):\n"
    "    for root, folders, files in os.walk(folder):\n"
    "        for name in sorted(files):\n"
    "            yield os.path.join(root, name)",
    "To rotate the signing keys, write the new key first, restart the workers one by one, "
    "and only then remove the old key from the store.",
    "static int compare(const void *a, const void *b)\n"
    "{\n"
    "    return strcmp(*(const char *const *)a, *(const char *const *)b);\n"
    "}",
    "A river is older than the hills it cuts through when its course has stayed in place "
    "while the land around it rose.",
    "SELECT lane, count(*) AS n FROM chunks WHERE status = 'failed' GROUP BY lane ORDER BY n "
    "DESC;",
    "Backups run every night at two. If the disk is full, the job stops before it deletes "
    "anything and sends a mail to the owner of the folder.",
    "for (let i = 0; i < rows.length; i++) {\n"
    "  total += rows[i].price * rows[i].count;\n"
    "}",
    "Bread: 500 g flour, 350 g water, 10 g salt, 3 g yeast. Mix, rest for an hour, fold "
    "three times, bake at 230 degrees for forty minutes.",
    "class Stack:\n"
    "    def __init__(self):\n"
    "        self.items = []\n"
    "    def push(self, item):\n"
    "        self.items.append(item)",
    "What is the difference between a mutex and a semaphore?",
    "fn parse(input: &str) -> Result<u32, ParseIntError> {\n"
    "    input.trim().parse::<u32>()\n"
    "}",
    "The committee met on Tuesday and decided, with two votes against, to postpone the "
    "repair of the bridge until spring.",
    "if err := json.NewDecoder(r.Body).Decode(&request); err != nil {\n"
    "\thttp.Error(w, err.Error(), http.StatusBadRequest)\n"
    "\treturn\n"
    "}",
    "Error 1045: access denied for user. Check the password, the host part of the account, "
    "and whether anonymous accounts shadow it.",
    "#!/bin/sh\n"
    "set -e\n"
    "for f in \"$@\"; do gzip -9 -- \"$f\"; done",
    "In 1868 the first stretch of the line was opened to goods traffic; passengers had to "
    "wait another four years.",
    "typedef struct node {\n"
    "    struct node *next;\n"
    "    size_t n_bytes;\n"
    "    char bytes[];\n"
    "} node;",
    "Photosynthesis turns carbon dioxide and water into sugar and oxygen; the energy comes "
    "from light that chlorophyll absorbs.",
    "const debounce = (fn, ms) => { let t; return (...a) => { clearTimeout(t); t = "
    "setTimeout(() => fn(...a), ms); }; };",
    "Install the package, then run the setup command. It asks for a folder, makes the "
    "database and prints the address of the start page.",
    "@app.route(\"/items/<int:item_id>\", methods=[\"DELETE\"])\n"
    "def delete_item(item_id):\n"
    "    db.session.query(Item).filter_by(id=item_id).delete()\n"
    "    return \"\", 204",
    "She opened the letter, read it twice, and put it back into the drawer without a word.",
    "public int hashCode() {\n"
    "    return 31 * name.hashCode() + Integer.hashCode(version);\n"
    "}",
    "The patient should take one tablet twice a day with water, not within two hours of milk "
    "or antacids.",
    "while (low < high) {\n"
    "    size_t middle = low + (high - low) / 2;\n"
    "    if (keys[middle] < key) low = middle + 1; else high = middle;\n"
    "}",
    "how do I undo the last commit without losing my changes",
    "x = np.linspace(0.0, 2.0 * np.pi, 256)\n"
    "y = np.exp(-x) * np.cos(5.0 * x)\n"
    "plt.plot(x, y)",
    "Interest is paid quarterly. The rate is fixed for the first three years and follows the "
    "reference rate afterwards, with a ceiling of six percent.",
    "template <typename T> T clamp(T value, T low, T high) { return value < low ? low : "
    "value > high ? high : value; }",
    "Whales sleep with one half of the brain at a time, so that they can keep breathing and "
    "watch for danger.",
    "CREATE TABLE pages (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, fetched_at "
    "INTEGER, hash BLOB);",
    "Version 2.4: faster start, fewer retries when a server is slow, and a fix for dates "
    "before 1970. Thanks to all who reported.",
    "pthread_mutex_lock(&queue->lock);\n"
    "while (queue->n == 0 && !queue->closed)\n"
    "    pthread_cond_wait(&queue->changed, &queue->lock);",
    "The function returns a borrowed pointer; it is valid until the next call on the same "
    "handle, and must not be freed.",
    "match msg { Message::Text(t) => out.push_str(&t), Message::Close => break, _ => {} }",
    "Tenants may keep small animals without asking; for dogs and cats the written consent of "
    "the owner is required.",
    "with open(path, encoding=\"utf-8\") as f:\n"
    "    rows = [json.loads(line) for line in f if line.strip()]",
    "Der Schluessel liegt unter der Matte. Bitte nach dem Lueften das Fenster wieder "
    "schliessen.",
    "FROM debian:12-slim\n"
    "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates\n"
    "COPY app /usr/local/bin/app",
    "A hash table with open addressing degrades when it is nearly full: each insertion has "
    "to probe a long run of occupied slots.",
    "uint32_t crc = 0xffffffff;\n"
    "for (size_t i = 0; i < n; i++)\n"
    "    crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);",
    "Clouds form where moist air rises and cools below its dew point; the height of their "
    "base tells how dry the air near the ground is.",
    "func (s *Server) Close() error { s.once.Do(func() { close(s.done) }); return "
    "s.listener.Close() }",
    "To whom it may concern: the parcel with number 88-1320 arrived damaged on 3 March, and "
    "I ask for a replacement.",
    "import itertools\n"
    "pairs = [(a, b) for a, b in itertools.combinations(names, 2) if distance(a, b) < 3]",
    "The orchestra tunes to the oboe, because its pitch is stable and cuts through all other "
    "instruments.",
    ".card { display: grid; grid-template-columns: 1fr auto; gap: 0.5rem; padding: 1rem; "
    "border-radius: 8px; }",
    "Requests beyond the limit get status 429 with a Retry-After header. Clients should wait "
    "that long and add some random delay.",
    "async function load(url) {\n"
    "  const answer = await fetch(url);\n"
    "  if (!answer.ok) throw new Error(`status ${answer.status}`);\n"
    "  return answer.json();\n"
    "}",
    "Volcanic soil is fertile, which is why people keep returning to the slopes of mountains "
    "that are known to erupt.",
    "git rebase -i HEAD~3 && git push --force-with-lease origin topic",
    "Chess openings are named after players, places and animals; the game they lead to often "
    "has little to do with the name.",
    "lambda n, f=(lambda g, k: 1 if k < 2 else k * g(g, k - 1)): f(f, n)",
    "Glossary: lane, one model with its queue of texts; batch, what is sent to it at once; "
    "chunk, a piece of a document.",
    "assert parse_duration(\"1h30m\") == 5400\n"
    "assert parse_duration(\"\") is None",
    "If the light blinks red three times, the battery has less than ten percent left. Charge "
    "it before the next flight.",
    "int gcd(int a, int b) { return b == 0 ? a : gcd(b, a % b); }",
    "The minister said that the talks had been open and useful, a phrase that usually means "
    "nothing was agreed.",
    "const router = express.Router(); router.get('/health', (req, res) => res.send('ok')); "
    "module.exports = router;",
    "best way to store passwords in a database",
    "struct Point { x: f64, y: f64 } impl Point { fn norm(&self) -> f64 { (self.x * self.x + "
    "self.y * self.y).sqrt() } }",
    "Copper conducts heat about eight times better than steel, so a thin layer of it evens "
    "out the bottom of a pan.",
    "mov rax, [rdi+8] ; test rax, rax ; jz .empty ; add rax, 16 ; ret",
};

const char *const *td_embed_samples_get(size_t *n_out)
{
    *n_out = TD_SAMPLES_N;
    return td_embed_samples;
}
