"""What the speakers of the demo corpus say.

The acted parts say carrier phrases, the same under every emotion, so that their words tell nothing. The
dialogue part says sentences whose words belong to an emotion: an opener, then a sentence. All words are in
`lexicon.json`.
"""

# fmt: off
TESS_WORDS = [
    "back", "bar", "base", "bath", "bean", "beg", "bite", "boat", "bone", "book", "bought", "burn", "cab",
    "calm", "came", "cause", "chain", "chair", "chalk", "chat", "cheek", "chief", "choice", "cool", "dab",
    "date", "dead", "death", "deep", "dime", "dip", "ditch", "dodge", "dog", "doll", "door",
]
# fmt: on

RAVDESS_STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}

OPENERS = {
    "anger": ["Damn it.", "I am so angry.", "That is enough.", "Listen to me now."],
    "happiness": ["Oh that is great.", "I am so happy.", "What a lovely day.", "Yes, wonderful."],
    "sadness": ["I am so sad.", "It breaks my heart.", "I miss those days.", "I feel so empty."],
    "fear": ["Oh no, be careful.", "I am so scared.", "Help me please.", "Did you hear that."],
    "disgust": ["That is disgusting.", "Oh gross.", "It makes me sick.", "What an awful smell."],
    "surprise": ["Oh wow.", "No way, really.", "I cannot believe it.", "What a surprise."],
    "neutral": ["Okay then.", "As I said before.", "Let me check the list.", "Good morning."],
    "boredom": ["So boring.", "Whatever."],
}

SENTENCES = {
    "anger": [
        "You broke your promise again and I am furious.",
        "Stop shouting at me right now.",
        "This is unfair and I hate it.",
        "How dare you lie to my face.",
        "Get out of my office immediately.",
        "I told you three times not to touch that.",
        "You never listen to a single word I say.",
        "That stupid machine ruined my whole day.",
        "I am sick of your excuses.",
    ],
    "happiness": [
        "We won the game and I love it.",
        "This is the best day of my life.",
        "I am so happy to see you again.",
        "What a wonderful present, thank you so much.",
        "The baby smiled at me this morning.",
        "I got the job and I cannot stop smiling.",
        "Let us celebrate with cake and music.",
        "The sun is shining and everything feels great.",
        "We had so much fun at the party.",
    ],
    "sadness": [
        "My dog died last night and I miss him.",
        "I feel so lonely since she left.",
        "Nobody came to my birthday.",
        "I lost everything that mattered to me.",
        "She cried all night and so did I.",
        "I miss my mother every single day.",
        "It hurts to say goodbye to you.",
        "There is no hope left for us.",
        "I failed again and I feel worthless.",
    ],
    "fear": [
        "Somebody is hiding in the dark house.",
        "Please help me, I am scared.",
        "I heard footsteps behind the door.",
        "Do not leave me alone in here.",
        "The brakes are not working, we will crash.",
        "I am afraid the doctor has bad news.",
        "There is a snake near your foot.",
        "I am terrified of that deep water.",
        "Run, the fire is coming closer.",
    ],
    "disgust": [
        "This milk smells rotten.",
        "There is a dead rat in the sink.",
        "That soup makes me want to vomit.",
        "His dirty socks are disgusting.",
        "I found hair in my food and it is gross.",
        "The toilet is filthy, I cannot go in.",
        "Do not put that slimy thing near my mouth.",
        "Your kitchen smells like old garbage.",
        "The meat is full of worms.",
    ],
    "surprise": [
        "Wow, I did not expect that at all.",
        "You are getting married, really.",
        "I never thought you would come back.",
        "Suddenly the whole room was full of people.",
        "What, that is the winning number.",
        "I cannot believe you found my ring.",
        "Oh my, the box was empty all along.",
        "Since when do you speak Japanese.",
        "That is amazing, how did you do it.",
    ],
    "neutral": [
        "The meeting starts at ten in the morning.",
        "I put the keys on the table.",
        "The bus stops near the library.",
        "We need two copies of the report.",
        "The store is open until nine.",
        "She parked the car behind the building.",
        "Please turn left at the corner.",
        "The package will arrive on Tuesday.",
        "He works in the room next to mine.",
    ],
    "boredom": [
        "Here we go again with the same old story.",
        "I have been waiting in this line for hours.",
        "Nothing ever happens in this town.",
        "Another long list of numbers to read.",
        "Is this lecture over yet.",
        "I watched the clock all afternoon.",
    ],
}


def carrier(word: str) -> str:
    """Return the TESS carrier phrase of a word."""
    return f"Say the word {word}."


def all_texts() -> list[str]:
    """Return everything that the demo corpus can say."""
    phrases = [carrier(word) for word in TESS_WORDS] + list(RAVDESS_STATEMENTS.values())
    groups = [*OPENERS.values(), *SENTENCES.values()]
    return phrases + [text for group in groups for text in group]
