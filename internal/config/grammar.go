package config

// grammar is the command line: flags that are no settings, and commands, with their
// arguments as the fields of theirs. The tags:
//
//	help      its text
//	group     for a flag: where it is in the help
//	short     for a flag: its letter
//	placeholder  for a flag: what stands for its value
//	default   for a flag: its value if it is not typed
//	cmd       it is a command
//	name      its name, if that is not the field's in lower case with hyphens
//	optional  for an argument: it can be left out
//	brief     its line in the short help; without it, only the name is there
//	settings  what matters to it, for its own help: settings, and groups of them
//	          behind group:
//	values    the values that an argument may have
//	of        the commands that a flag belongs to; a command that belongs to another is
//	          not named in the short help
type grammar struct {
	Help     bool `group:"run" short:"h" help:"Show the help: -h shows one screen, --help all of it."`
	Version  bool `group:"run" short:"V" help:"Show the version: -V shows that of webpress, --version also those of its libraries."`
	NoConfig bool `group:"run" help:"Do not read webpress.yml."`
	Unused   bool `group:"check" of:"references" help:"With references: list the images that no page names."`
	Missing  bool `group:"check" of:"references" help:"With references: list only references that lead to no file, or to one whose name differs in case."`
	servingFlags
	Convert    convertArgs    `cmd:"" brief:"convert images to WebP (the default)" settings:"group:which,group:image,group:result,group:limits,group:engine,group:incremental" help:"Convert images to WebP. This is the default: the word convert can be left out."`
	Check      checkedArgs    `cmd:"" brief:"report outdated results and images over a budget" settings:"group:check,group:which,base,changed-only,report,code-quality,summary,json,quiet,verbose" help:"Report results that are not up to date and images that break a budget, with the commands that fix it. Changes no file. Exits with 1 if there is an error."`
	Init       struct{}       `cmd:"" brief:"set webpress up in this repository" settings:"dry-run" help:"Set webpress up in this repository: write webpress.yml, a workflow for its CI and a line in .gitattributes. Existing files are left alone."`
	Accept     acceptArgs     `cmd:"" help:"Keep results that were edited by hand, or made by another program, as they are."`
	Apply      applyArgs      `cmd:"" settings:"verify,group:store,group:commit,token,summary,comment,dry-run" help:"Verify the artifact of a run that could not commit, such as one for a pull request from a fork, and commit it."`
	Merge      mergeArgs      `cmd:"" settings:"uploads,verify,group:store,group:commit,token,summary,comment,dry-run" help:"Join the artifacts of a run's shards (see --shard) into one result."`
	References referencesArgs `cmd:"" brief:"list where pages name images" settings:"group:pages,dry-run,json,quiet,verbose" help:"List which files name which images. With --dry-run it shows, as a diff, what references would change."`
	View       viewArgs       `cmd:"" brief:"look at before and after in the browser" settings:"report,group:which,memory-limit,sandbox,jobs,quiet,verbose" help:"Make the report to look at of the results that are there, with before and after of each image, and open it in the browser. Prints its path where there is none."`
	RepairLock struct{}       `cmd:"" help:"Repair webpress.lock: after a merge conflict, or if it is damaged."`
	Serve      struct{}       `cmd:"" settings:"group:image,max-pixels,max-file-size,memory-limit,timeout,sandbox,jobs,allow-private-hosts,webhook-url,webhook-secret,quiet,verbose" help:"Convert images for others by an HTTP API, with a page to try it. Settings of images are the defaults of its options."`
	Key        keyArgs        `cmd:"" of:"serve" help:"Add, list or remove the keys of webpress\u00a0serve. add prints the key, which is stored nowhere."`
	HelpOf     helpArgs       `cmd:"" name:"help" help:"Show the help of webpress or of a command."`
	VersionOf  struct{}       `cmd:"" name:"version" settings:"json" help:"Show the versions of webpress and of the libraries that it uses."`
	Completion completionArgs `cmd:"" of:"help" help:"Print the completion script for a shell. Load it with: source\u00a0<(webpress\u00a0completion\u00a0bash)"`
	Man        struct{}       `cmd:"" of:"help" help:"Print the manual page. Read it with: webpress\u00a0man\u00a0|\u00a0man\u00a0-l\u00a0-"`
}

type convertArgs struct {
	Paths []string `optional:"" name:"path" help:"Files, folders and quoted patterns to convert. A folder means everything below it."`
}

type checkedArgs struct {
	Paths []string `optional:"" name:"path" help:"Files, folders and quoted patterns to check. A folder means everything below it."`
}

type referencesArgs struct {
	Paths []string `optional:"" name:"path" help:"Images, pages and folders to list; all by default."`
}

type viewArgs struct {
	Paths []string `optional:"" name:"path" help:"A report that is there, or a name for it that ends in .html; or the images and folders that it is to show, all by default."`
}

type acceptArgs struct {
	Paths []string `name:"path" help:"Results, or their sources."`
}

type mergeArgs struct {
	Uploads []string `optional:"" name:"dir" help:"Directories of the unpacked artifacts, or one that contains them all."`
}

type applyArgs struct {
	Upload string `name:"dir" help:"Directory of the unpacked artifact."`
}

type keyArgs struct {
	Action string `name:"action" values:"add,list,remove" help:"What to do."`
	Name   string `optional:"" name:"name" help:"Name of the key, such as shop."`
}

type completionArgs struct {
	Shell string `name:"shell" values:"bash,zsh,fish" help:"The shell."`
}

type helpArgs struct {
	Command string `optional:"" name:"command" help:"One of the commands."`
}
