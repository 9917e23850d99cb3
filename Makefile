# Forwards to CMake; the presets in CMakePresets.json are the truth.
PRESET ?= release

all: build
configure:
	cmake --preset $(PRESET)
build: configure
	cmake --build --preset $(PRESET)
test:
	scripts/test
install: build
	cmake --install build/$(PRESET)
clean:
	rm -rf build
.PHONY: all configure build test install clean
