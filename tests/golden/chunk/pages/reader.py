"""Reads words, lines, blocks, pages and books."""
import io
import sys

LIMIT = 1024


class Reader:
    """Takes parts from a source, one at a time."""

    def __init__(self, source, ignored=()):
        self.source = list(source)
        self.ignored = set(ignored)
        self.n_ignored = 0

    def at_end(self):
        return not self.source

    def take(self):
        return self.source.pop(0)

    def back(self, part):
        self.source.insert(0, part)

    def read_words(self, stop):
        """Read words until `stop`, which is not part of it."""
        found = []
        while not self.at_end():
            word = self.take()
            if word == stop:
                self.back(word)
                break
            if word in self.ignored:
                self.n_ignored += 1
                continue
            found.append(word)
        return found

    def read_lines(self, stop):
        """Read lines until `stop`, which is not part of it."""
        found = []
        while not self.at_end():
            line = self.take()
            if line == stop:
                self.back(line)
                break
            if line in self.ignored:
                self.n_ignored += 1
                continue
            found.append(line)
        return found

    def read_blocks(self, stop):
        """Read blocks until `stop`, which is not part of it."""
        found = []
        while not self.at_end():
            block = self.take()
            if block == stop:
                self.back(block)
                break
            if block in self.ignored:
                self.n_ignored += 1
                continue
            found.append(block)
        return found

    def read_pages(self, stop):
        """Read pages until `stop`, which is not part of it."""
        found = []
        while not self.at_end():
            page = self.take()
            if page == stop:
                self.back(page)
                break
            if page in self.ignored:
                self.n_ignored += 1
                continue
            found.append(page)
        return found

    def read_books(self, stop):
        """Read books until `stop`, which is not part of it."""
        found = []
        while not self.at_end():
            book = self.take()
            if book == stop:
                self.back(book)
                break
            if book in self.ignored:
                self.n_ignored += 1
                continue
            found.append(book)
        return found


# What the command line does with it: the words of standard input, without the small ones. It is kept
# out of the class, so that the class can be used without it.
def main(argv):
    reader = Reader(sys.stdin.read().split(), ignored=("a", "the", "of"))
    for word in reader.read_words(stop=argv[1] if len(argv) > 1 else None):
        print(word)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
